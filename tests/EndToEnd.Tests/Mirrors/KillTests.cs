using System.Diagnostics;
using System.Globalization;
using System.Text;
using Waystation.TestKit.Servers;
using Xunit.Abstractions;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>
/// A node that is killed in the middle of whatever it does, and started again on the same data, answers rightly at once, uses nothing
/// half-made, and has its mirror again, with no hand laid on it. WAYSTATION_KILLS_SEED repeats a run,
/// WAYSTATION_KILLS_ROUNDS makes it longer.
/// </summary>
public sealed class KillTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly History s_widgets = new(Seed: 306) { Commits = 60, IncompressibleBytes = 6 << 20 };

    private readonly Station _station = new();
    private int _named;

    public Task InitializeAsync() => _station.StartAsync(new NodeSettings { Options = ["--Access:TicketLifetime", "00:00:01"] });

    public Task DisposeAsync() => _station.DisposeAsync();

    /// <summary>While the primary sends the pack of a first clone, at bytes that are told beforehand.</summary>
    [Theory]
    [InlineData(100, true)]
    [InlineData(1_500_000, true)]
    [InlineData(5_000_000, false)]
    public async Task Node_IsWhole_WhenItWasKilledDuringAFill(long afterBytes, bool alone)
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_station.Folder);
        using (PackGate gate = repository.HoldPacks(afterBytes))
        {
            using Process clone = client.Git("clone", "--quiet", _station.Node.UrlOf(repository).AbsoluteUri, NewName()).Start();
            await gate.ReachedAsync();
            await KillAsync(alone);
            await EndAsync(clone);
        }

        await AssertWholeAsync(repository);
    }

    /// <summary>While the pack of a sync is on its way.</summary>
    [Theory]
    [InlineData(40, true)]
    [InlineData(700_000, true)]
    [InlineData(700_000, false)]
    public async Task Node_IsWhole_WhenItWasKilledDuringASync(long afterBytes, bool alone)
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_station.Folder);
        await WarmAsync(client, repository);
        await repository.CommitAsync(content: RandomText(1 << 20));
        using (PackGate gate = repository.HoldPacks(afterBytes))
        {
            using Process clone = client.Git("clone", "--quiet", _station.Node.UrlOf(repository).AbsoluteUri, NewName()).Start();
            await gate.ReachedAsync();
            await KillAsync(alone);
            await EndAsync(clone);
        }

        await AssertWholeAsync(repository);
    }

    /// <summary>Killed between storing a clone and indexing it: the stored pack is enough to rebuild the mirror.</summary>
    [Fact]
    public async Task Mirror_IsMadeOfTheKeptClone_WhenItWasLost()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_station.Folder);
        await WarmAsync(client, repository);
        _station.Node.Kill();
        Directory.Delete(Path.Combine(_station.Node.DataFolder, "mirrors"), recursive: true);
        await _station.Node.StartAgainAsync();
        await WarmAsync(client, repository);
        await client.RunAsync("clone", "--quiet", "--bare", "--depth=4", _station.Node.UrlOf(repository).AbsoluteUri, NewName());
        Assert.Equal(1, repository.PacksMade);
        await AssertWholeAsync(repository);
    }

    /// <summary>Wherever it is by then: receiving, indexing, checking, renaming, setting refs, packing, rolling up, sorting out.</summary>
    [Fact]
    public async Task Node_IsWhole_WhereverItWasKilled()
    {
        int seed = Environment.GetEnvironmentVariable("WAYSTATION_KILLS_SEED") is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        output.WriteLine($"WAYSTATION_KILLS_SEED={seed}");
        int rounds = Environment.GetEnvironmentVariable("WAYSTATION_KILLS_ROUNDS") is { Length: > 0 } number
            ? int.Parse(number, CultureInfo.InvariantCulture)
            : 8;
        var random = new Random(seed);
        GitClient client = new(_station.Folder);
        PrimaryRepository repository = await NewRepositoryAsync();
        await WarmAsync(client, repository);
        for (int round = 0; round < rounds; round++)
        {
            string work = (round % 4) switch
            {
                0 => "first mirror",
                1 => "sync",
                2 => "orphans",
                _ => "roll-up",
            };
            try
            {
                if (work == "first mirror")
                {
                    repository = await NewRepositoryAsync();
                }
                else if (work == "orphans")
                {
                    await repository.GitAsync("update-ref", "refs/heads/main", "refs/heads/main~2");
                }

                if (work != "first mirror")
                {
                    await repository.CommitAsync(content: RandomText(200_000));
                }

                if (work is "orphans" or "roll-up")
                {
                    // The mirror has it all, and looks after itself as soon as it is started.
                    await client.RunAsync("clone", "--quiet", "--bare", _station.Node.UrlOf(repository).AbsoluteUri, NewName());
                    await _station.Node.StopAsync();
                    await _station.Node.StartAgainAsync();
                }

                string name = NewName();
                using Process clone = client
                    .Git([
                        "clone",
                        "--quiet",
                        "--bare",
                        .. random.Next(2) == 0 ? ["--depth=3"] : Array.Empty<string>(),
                        _station.Node.UrlOf(repository).AbsoluteUri,
                        name,
                    ])
                    .Start();
                await Task.Delay(random.Next(work == "first mirror" ? 900 : 500));
                await KillAsync(alone: random.Next(2) == 0);
                await EndAsync(clone);
                await AssertWholeAsync(repository);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"WAYSTATION_KILLS_SEED={seed}, round {round}, {work}: {e.Message}", e);
            }
        }
    }

    private static string RandomText(int bytes) =>
        Convert.ToHexString(Encoding.ASCII.GetBytes(Guid.NewGuid().ToString()))
        + Convert.ToBase64String(Random.Shared.GetItems<byte>([.. Enumerable.Range(0, 256).Select(static value => (byte)value)], bytes));

    private static async Task EndAsync(Process clone)
    {
        // Its node is gone: it ends by itself, with an error or, if it had all bytes already, without one.
        await clone.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
    }

    private async Task KillAsync(bool alone)
    {
        if (alone)
        {
            _station.Node.KillAlone();
        }
        else
        {
            _station.Node.Kill();
        }

        await _station.Node.StartAgainAsync();
    }

    private async Task AssertWholeAsync(PrimaryRepository repository)
    {
        GitClient client = new(_station.Folder);
        string url = _station.Node.UrlOf(repository).AbsoluteUri,
            direct = _station.Primary.UrlOf(repository).AbsoluteUri;
        Assert.Empty(StrayGits());

        // Answers equal the primary's, of several kinds, and are sound.
        await repository.CommitAsync();
        foreach (
            string[] options in (string[][])
                [
                    ["--mirror"],
                    ["--bare", "--depth=2"],
                    ["--mirror"],
                ]
        )
        {
            string through = NewName(),
                expected = NewName();
            await client.RunAsync(["clone", "--quiet", .. options, url, through]);
            await client.RunAsync(["clone", "--quiet", .. options, direct, expected]);
            Assert.Equal(await CloneState.OfAsync(client.In(expected)), await CloneState.OfAsync(client.In(through)));
            Directory.Delete(client.In(through).Folder, recursive: true);
            Directory.Delete(client.In(expected).Folder, recursive: true);
        }

        // A mirror is there, from which git makes new packs.
        await Eventually.TrueAsync(
            "an answer is made from a mirror",
            async () =>
            {
                await repository.CommitAsync();
                FetchGift gift = await new FetchWish { Wants = [await repository.ResolveAsync("refs/heads/main")] }.SendAsync(
                    _station.Node.Url,
                    repository
                );
                return gift.CacheStatus == "waystation; hit; detail=local";
            }
        );

        // No unfinished file is left.
        await Eventually.TrueAsync("nothing is left over", () => Leftovers().Length == 0);
        foreach (string mirror in Directory.GetDirectories(Path.Combine(_station.Node.DataFolder, "mirrors")))
        {
            await client.RunAsync(
                "--git-dir",
                Path.Combine(mirror, "git"),
                "-c",
                "safe.directory=*",
                "fsck",
                "--full",
                "--no-dangling",
                "--no-progress"
            );
        }
    }

    private string[] Leftovers() =>
        [
            .. Directory.GetFileSystemEntries(Path.Combine(_station.Node.DataFolder, "tmp")),
            .. Directory
                .GetFiles(Path.Combine(_station.Node.DataFolder, "mirrors"), "*", SearchOption.AllDirectories)
                .Where(static file =>
                    file.EndsWith(".lock", StringComparison.Ordinal)
                    || file.EndsWith(".new", StringComparison.Ordinal)
                    || Path.GetFileName(file).StartsWith("tmp_", StringComparison.Ordinal)
                ),
        ];

    /// <summary>Processes that work in the node's data folder, and that the node of now did not start.</summary>
    private List<string> StrayGits()
    {
        List<string> strays = [];
        foreach (
            string process in Directory
                .GetDirectories("/proc")
                .Where(static process => int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out _))
        )
        {
            try
            {
                string parent = File.ReadLines(Path.Combine(process, "status"))
                    .Single(static line => line.StartsWith("PPid:", StringComparison.Ordinal))[5..]
                    .Trim();
                if (Works(process) && parent != _station.Node.ProcessId.ToString(CultureInfo.InvariantCulture) && !Works("/proc/" + parent))
                {
                    strays.Add(File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' '));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has gone.
            }
        }

        return strays;
    }

    private bool Works(string process) =>
        Encoding
            .UTF8.GetString(File.ReadAllBytes(Path.Combine(process, "environ")))
            .Contains($"WAYSTATION_DATA={_station.Node.DataFolder}\0", StringComparison.Ordinal);

    private Task<PrimaryRepository> NewRepositoryAsync() => _station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git", s_widgets);

    private string NewName() => $"clone{Interlocked.Increment(ref _named)}";

    private async Task WarmAsync(GitClient client, PrimaryRepository repository)
    {
        double mirrors = (await _station.Node.MetricsAsync()).Sum("waystation_mirrors");
        await client.RunAsync("clone", "--quiet", "--bare", _station.Node.UrlOf(repository).AbsoluteUri, NewName());
        await Eventually.TrueAsync(
            "the mirror is there",
            async () => (await _station.Node.MetricsAsync()).Sum("waystation_mirrors") > mirrors
        );
    }
}
