using System.Globalization;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>Many small requests that are all different: what the node cannot do in time it says so of, and neither starts a git for each
/// nor sends all on.</summary>
public sealed class StormTests : IAsyncLifetime
{
    private const int Lookups = 2;
    private const int Crowd = 20;

    private readonly Station _station = new();
    private GitGate? _gate;

    private GitGate Gate => _gate ?? throw new InvalidOperationException("not started");

    public async Task InitializeAsync()
    {
        _gate = await GitGate.MakeAsync(_station.Folder);
        await _station.StartAsync(
            new NodeSettings
            {
                Options =
                [
                    "--Mirrors:MaxPacks",
                    "1",
                    "--Mirrors:MaxPacksPerRepository",
                    "1",
                    "--Mirrors:MaxLookups",
                    Lookups.ToString(CultureInfo.InvariantCulture),
                    "--Mirrors:SyncWait",
                    "00:00:02",
                ],
                Environment = _gate.Environment,
            }
        );
    }

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task Lookups_AreBounded_AndWhoeverCannotWaitIsToldToComeAgain()
    {
        (PrimaryRepository repository, string tip) = await OpenAsync(65);
        string[] commits = (await repository.GitAsync("rev-list", $"--max-count={Crowd}", "main")).OutputLines.ToArray();
        int packs = repository.PacksMade;
        Gate.ShutLookups();
        Task<RawAnswer>[] asked = [.. commits.Select(have => AskAsync(repository, UploadPack.Fetch([tip], $"have {have}")))];
        await Eventually.TrueAsync(
            "all but those that look something up are answered",
            () => asked.Count(static answer => answer.IsCompleted) >= asked.Length - Lookups
        );
        Assert.InRange(Gate.LookupsHeld.Count, 1, Lookups);
        Gate.OpenLookups();
        RawAnswer[] answers = await Task.WhenAll(asked);
        MustBeServedOrToldToComeAgain(answers);
        Assert.InRange(answers.Count(static answer => answer.Status == 200), 0, Lookups);
        Assert.Equal(packs, repository.PacksMade);
    }

    [Fact]
    public async Task Packs_ThatCannotWait_AreThePrimarysInSmallNumberOnly()
    {
        (PrimaryRepository repository, string tip) = await OpenAsync(66);
        int packs = repository.PacksMade;
        Gate.Shut();
        Task<RawAnswer>[] asked;
        using (repository.HoldPacks(0))
        {
            asked = [.. Enumerable.Range(2, Crowd).Select(depth => AskAsync(repository, UploadPack.Fetch([tip], $"deepen {depth}")))];
            await Eventually.TrueAsync("most are answered", () => asked.Count(static answer => answer.IsCompleted) >= Crowd - 5);
            Assert.InRange(repository.PacksMade - packs, 0, 4);
        }

        Gate.Open();
        RawAnswer[] answers = await Task.WhenAll(asked);
        MustBeServedOrToldToComeAgain(answers);

        // One here, three at the primary: the crowd has no login, and the fourth place there is for known clients.
        Assert.Equal(4, answers.Count(static answer => answer.Status == 200));
    }

    private static void MustBeServedOrToldToComeAgain(IEnumerable<RawAnswer> answers) =>
        Assert.All(
            answers,
            static answer =>
            {
                Assert.Contains(answer.Status, (int[])[200, 429]);
                if (answer.Status == 429)
                {
                    Assert.InRange(int.Parse(answer.Header("Retry-After")!, CultureInfo.InvariantCulture), 1, 60);
                }
            }
        );

    /// <summary>A repository with a mirror on which nothing is being done.</summary>
    private async Task<(PrimaryRepository Repository, string Tip)> OpenAsync(int seed)
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git", new History(seed));
        await new GitClient(_station.Folder).RunAsync("clone", "--quiet", "--mirror", _station.Node.UrlOf(repository).AbsoluteUri, "first");
        await Eventually.TrueAsync("there is a mirror", () => _station.Node.Log.Contains("mirror made", StringComparison.Ordinal));
        string tip = await repository.ResolveAsync("refs/heads/main");

        // The ticket is there then, and upkeep is over.
        Assert.Equal(200, (await AskAsync(repository, UploadPack.Fetch([tip], "deepen 1"))).Status);
        await Eventually.TrueAsync(
            "nothing is being done",
            async () =>
                await _station.Node.MetricsAsync() is { } metrics
                && metrics.Sum("waystation_work_waiting") + metrics.Sum("waystation_work_running") == 0
        );
        return (repository, tip);
    }

    private Task<RawAnswer> AskAsync(PrimaryRepository repository, string body) =>
        RawConnection.AskAsync(_station.Node.Url, UploadPack.Post(_station.Node.UrlOf(repository), body));
}
