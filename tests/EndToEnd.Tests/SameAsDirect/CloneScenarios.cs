using Waystation.EndToEnd.Tests.Ssh;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.SameAsDirect;

public sealed class CloneOverHttpTests(Station station) : CloneScenarios(new HttpDoor(station)), IClassFixture<Station>;

public sealed class CloneOverSshTests(SshStation station) : CloneScenarios(new SshDoor(station)), IClassFixture<SshStation>;

/// <summary>Clones straight from the primary, through the node, and through the node once more: nothing may tell them apart.</summary>
public abstract class CloneScenarios(IDoor door)
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
    [InlineData(2)]
    [InlineData(0)]
    public async Task Clone_EqualsDirect_WhenTheRepositoryIsEmpty(int protocolVersion)
    {
        PrimaryRepository repository = await door.CreateAsync($"public/empty{protocolVersion}.git");
        using SideBySide clones = await door.CloneAsync(repository, [], client => client.Speaking(protocolVersion));
        await clones.AssertEqualAsync();
        await clones.RunAsync("ls-remote");
    }

    private async Task CompareAsync(string options, int protocolVersion, string objectFormat = "sha1")
    {
        PrimaryRepository repository = await door.CreateAsync($"public/{Guid.NewGuid():n}.git", s_widgets, objectFormat);
        if (protocolVersion < 2)
        {
            // v2 allows it by itself, and partial clones need it.
            await repository.GitAsync("config", "uploadpack.allowAnySHA1InWant", "true");
        }

        using SideBySide clones = await door.CloneAsync(repository, Words(options), client => client.Speaking(protocolVersion));
        await clones.AssertEqualAsync();
    }

    private static string[] Words(string options) => options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
