using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Caching;

/// <summary>The primary fails in the middle of a pack: the client is told as it would be directly, and nothing of it is kept.</summary>
public sealed class BrokenAnswerTests : IAsyncLifetime
{
    private const int BrokenAfter = 700_000;

    private static readonly History s_media = new(Seed: 24) { IncompressibleBytes = 2 << 20 };

    private readonly Station _station = new();

    public Task InitializeAsync() => _station.InitializeAsync();

    public Task DisposeAsync() => _station.DisposeAsync();

    [Theory]
    [InlineData(PackBreak.Fail, BrokenAfter, "")]
    [InlineData(PackBreak.Die, BrokenAfter, "")]
    [InlineData(PackBreak.Die, BrokenAfter, "--depth=1")]
    [InlineData(PackBreak.Fail, 0, "")]
    [InlineData(PackBreak.Die, 0, "")]
    public async Task Clone_FailsAsDirectAndNothingIsKept_WhenUploadPackBreaks(PackBreak how, int afterBytes, string option)
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("public/broken.git", s_media);
        string[] options = option.Length > 0 ? [option] : [];
        GitClient client = new(_station.Folder);
        using (repository.BreakPacks(how, afterBytes))
        {
            CommandResult direct = await client.TryAsync(["clone", .. options, _station.Primary.UrlOf(repository).AbsoluteUri, "direct"]);
            CommandResult through = await client.TryAsync(["clone", .. options, _station.Node.UrlOf(repository).AbsoluteUri, "through"]);
            AssertFailedAlike(direct, through);
        }

        Assert.Equal(0, (await _station.Node.MetricsAsync()).Sum("waystation_pack_cache_bytes"));
        await AssertClonesAreRightAsync(client, repository, options);
    }

    [Fact]
    public async Task Clone_FailsAsDirectAndALaterOneWorks_WhenThePrimaryIsKilled()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("public/killed.git", s_media);
        GitClient client = new(_station.Folder);
        var results = new List<CommandResult>();
        foreach (Uri url in (Uri[])[_station.Primary.UrlOf(repository), _station.Node.UrlOf(repository)])
        {
            using (PackGate gate = repository.HoldPacks(BrokenAfter))
            {
                Task<CommandResult> clone = client.TryAsync("clone", url.AbsoluteUri, $"clone{results.Count}");
                await gate.ReachedAsync();
                _station.Primary.Kill();
                results.Add(await clone);
            }

            await _station.Primary.StartAgainAsync();
        }

        AssertFailedAlike(results[0], results[1]);
        await AssertClonesAreRightAsync(client, repository, []);
    }

    [Fact]
    public async Task Fetch_FailsAsDirectAndALaterOneWorks_WhenUploadPackBreaks()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("public/fetched.git", new History(Seed: 25));
        GitClient client = new(_station.Folder);
        await client.RunAsync("clone", "--quiet", _station.Primary.UrlOf(repository).AbsoluteUri, "direct");
        await client.RunAsync("clone", "--quiet", _station.Node.UrlOf(repository).AbsoluteUri, "through");
        await repository.CommitAsync(content: Convert.ToBase64String(RandomBytes(3 << 20)));
        using (repository.BreakPacks(PackBreak.Die, BrokenAfter))
        {
            AssertFailedAlike(await client.In("direct").TryAsync("fetch"), await client.In("through").TryAsync("fetch"));
        }

        await client.In("direct").RunAsync("fetch", "--quiet");
        await client.In("through").RunAsync("fetch", "--quiet");
        Assert.Equal(await CloneState.OfAsync(client.In("direct")), await CloneState.OfAsync(client.In("through")));
    }

    private static byte[] RandomBytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(26).NextBytes(bytes);
        return bytes;
    }

    private static void AssertFailedAlike(CommandResult direct, CommandResult through)
    {
        Assert.NotEqual(0, direct.ExitCode);
        Assert.Equal(direct.ExitCode, through.ExitCode);
        Assert.Contains("fatal: ", direct.Error, StringComparison.Ordinal);
        Assert.Contains("fatal: ", through.Error, StringComparison.Ordinal);
    }

    private async Task AssertClonesAreRightAsync(GitClient client, PrimaryRepository repository, string[] options)
    {
        await client.RunAsync(["clone", "--quiet", .. options, _station.Primary.UrlOf(repository).AbsoluteUri, "right"]);
        foreach (string name in (string[])["later", "again"])
        {
            await client.RunAsync(["clone", "--quiet", .. options, _station.Node.UrlOf(repository).AbsoluteUri, name]);
            Assert.Equal(await CloneState.OfAsync(client.In("right")), await CloneState.OfAsync(client.In(name)));
        }
    }
}
