using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.SameAsDirect;

/// <summary>What only HTTP has: passwords, header fields, the dumb protocol, coded paths.</summary>
public sealed class CloneTests(Station station) : IClassFixture<Station>
{
    private static readonly History s_widgets = new(Seed: 11);

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

    private static string[] Words(string options) => options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
