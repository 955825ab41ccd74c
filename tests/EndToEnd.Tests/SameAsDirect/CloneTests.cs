using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.SameAsDirect;

public sealed class CloneTests(Station station) : IClassFixture<Station>
{
    private static readonly History s_widgets = new(Seed: 11);

    public static TheoryData<string> Ways =>
        new(
            "",
            "--bare",
            "--mirror",
            "--no-tags",
            "--single-branch",
            "--single-branch --branch topic/1",
            "--branch v1.1",
            "--depth 1",
            "--depth 1 --no-single-branch",
            "--depth 5 --no-tags",
            "--depth 3 --branch v1.2",
            "--shallow-since=2024-01-02T00:00:00Z",
            "--shallow-exclude=v1.3",
            "--filter=blob:none",
            "--filter=blob:none --depth 1",
            "--filter=blob:none --no-checkout",
            "--filter=blob:limit=1k",
            "--filter=tree:0 --no-checkout"
        );

    public static TheoryData<string> FewWays =>
        new("", "--mirror", "--depth 1", "--shallow-since=2024-01-02T00:00:00Z", "--filter=blob:none");

    [Theory]
    [MemberData(nameof(Ways))]
    public Task Clone_EqualsDirect_WithTheseOptions(string options) => CompareAsync(options, 2);

    [Theory]
    [MemberData(nameof(FewWays))]
    public Task Clone_EqualsDirect_WhenTheClientSpeaksV1(string options) => CompareAsync(options, 1);

    [Theory]
    [MemberData(nameof(FewWays))]
    public Task Clone_EqualsDirect_WhenTheClientSpeaksV0(string options) => CompareAsync(options, 0);

    [Theory]
    [InlineData("", 2)]
    [InlineData("--depth 1", 2)]
    [InlineData("--filter=blob:none", 2)]
    [InlineData("--mirror", 2)]
    [InlineData("", 0)]
    [InlineData("--depth 1", 0)]
    public Task Clone_EqualsDirect_WhenTheRepositoryIsSha256(string options, int protocolVersion) =>
        CompareAsync(options, protocolVersion, "sha256");

    [Theory]
    [InlineData("")]
    [InlineData("--depth 1")]
    public async Task Clone_EqualsDirect_WhenThePrimaryKnowsNoV2(string options)
    {
        PrimaryRepository repository = await station.Primary.CreateAsync($"old/{Guid.NewGuid():n}.git", s_widgets);
        using SideBySide clones = await SideBySide.CloneAsync(station, repository, Words(options));
        await clones.AssertEqualAsync();
    }

    [Fact]
    public async Task Clone_EqualsDirect_WhenTheRepositoryIsPrivate()
    {
        PrimaryRepository repository = await station.Primary.CreateAsync("private/plans.git", s_widgets);
        using SideBySide clones = await SideBySide.CloneAsync(station, repository, [], user: "bob");
        await clones.AssertEqualAsync();
    }

    [Fact]
    public async Task Clone_EqualsDirect_WhenTheCredentialIsAHeaderFromTheConfiguration()
    {
        PrimaryRepository repository = await station.Primary.CreateAsync("private/by-header.git", s_widgets);
        string credential = Convert.ToBase64String(Encoding.UTF8.GetBytes("bob:bob" + ApachePrimary.PasswordSuffix));
        using SideBySide clones = await SideBySide.CloneAsync(
            station,
            repository,
            [],
            configure: client => client.With("http.extraHeader=Authorization: Basic " + credential)
        );
        await clones.RunAsync("fetch", "--quiet");
        await clones.AssertEqualAsync();
    }

    [Fact]
    public async Task Clone_EqualsDirect_WhenTheRepositoryIsEmpty()
    {
        PrimaryRepository repository = await station.Primary.CreateAsync("public/empty.git");
        using SideBySide clones = await SideBySide.CloneAsync(station, repository, []);
        await clones.AssertEqualAsync();
    }

    [Fact]
    public async Task Clone_EqualsDirect_WhenTheClientKnowsOnlyDumbHttp()
    {
        PrimaryRepository repository = await station.Primary.CreateAsync("public/dumb.git", s_widgets);
        await repository.GitAsync("update-server-info");
        using SideBySide clones = await SideBySide.CloneAsync(
            station,
            repository,
            [],
            configure: client => client with { Variables = new Dictionary<string, string> { ["GIT_SMART_HTTP"] = "0" } }
        );
        await clones.AssertEqualAsync();
    }

    [Fact]
    public async Task Clone_EqualsDirect_WhenThePathHasSpacesAndLettersOfAllKinds()
    {
        PrimaryRepository repository = await station.Primary.CreateAsync("public/group one/über+plus%25 #1.git", s_widgets);
        using SideBySide clones = await SideBySide.CloneAsync(station, repository, []);
        await clones.AssertEqualAsync();
    }

    private async Task CompareAsync(string options, int protocolVersion, string objectFormat = "sha1")
    {
        PrimaryRepository repository = await station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git", s_widgets, objectFormat);
        if (protocolVersion < 2)
        {
            // v2 allows it by itself, and partial clones need it.
            await repository.GitAsync("config", "uploadpack.allowAnySHA1InWant", "true");
        }

        using SideBySide clones = await SideBySide.CloneAsync(
            station,
            repository,
            Words(options),
            configure: client => client.Speaking(protocolVersion)
        );
        await clones.AssertEqualAsync();
    }

    private static string[] Words(string options) => options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
