using System.Collections.Concurrent;
using System.Globalization;
using Waystation.TestKit.Servers;
using Xunit.Abstractions;

namespace Waystation.EndToEnd.Tests.Outages;

/// <summary>
/// Faults at random while people clone, fetch and push: nothing is lost, nothing is corrupt, no client hangs, no client reads without
/// permission, and answers without a label are fresh. <c>tests/EndToEnd.Tests/faults</c> runs this for a minute.
/// </summary>
public sealed class RandomFaultTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string SecondsVariable = "WAYSTATION_TEST_FAULT_SECONDS";
    private const string SeedVariable = "WAYSTATION_TEST_FAULT_SEED";
    private const int People = 4;

    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(Number(SecondsVariable) ?? 15);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly FaultyStation _station = new();
    private readonly ConcurrentDictionary<string, List<string>> _tips = new();
    private readonly ConcurrentBag<string> _pushed = [];
    private int _succeeded;
    private int _stale;
    private int _failed;

    public Task InitializeAsync() => _station.InitializeAsync();

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task Nothing_IsLostOrCorrupt_WhateverFails()
    {
        int seed = Number(SeedVariable) ?? Environment.TickCount;
        output.WriteLine($"seed {seed} ({SeedVariable}), {s_duration.TotalSeconds} s");
        var repositories = new List<PrimaryRepository>();
        foreach (string name in (string[])["private/one.git", "private/two.git"])
        {
            PrimaryRepository repository = await _station.Primary.CreateAsync(name, new History(seed) { IncompressibleBytes = 300_000 });
            repositories.Add(repository);
            _tips[name] = [await repository.ResolveAsync("refs/heads/main")];
        }

        using var over = new CancellationTokenSource(s_duration);
        Task faults = FailAsync(new Random(seed), over.Token);
        Task commits = CommitAsync(repositories, over.Token);
        Task[] people =
        [
            .. Enumerable.Range(0, People).Select(number => WorkAsync(new Random(seed + number + 1), repositories, number, over.Token)),
        ];
        Task impostor = TryToGetInAsync(repositories[0], over.Token);
        await Task.WhenAll([faults, commits, impostor, .. people]);
        output.WriteLine($"{_succeeded} went well, {_stale} of them by the record; {_failed} failed in words; {_pushed.Count} pushed");

        await _station.HealAsync();
        await AssertWellAsync(repositories);
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : null;

    private async Task FailAsync(Random random, CancellationToken over)
    {
        Fault[] faults =
        [
            Fault.None,
            Fault.None,
            Fault.Refuse,
            Fault.Silent,
            Fault.Reset,
            Fault.Answers(500),
            Fault.Answers(502),
            Fault.Answers(503),
            Fault.Answers(429, "1"),
            new Fault(FaultKind.ShortOfLength),
            new Fault(FaultKind.ChunksWithoutEnd),
            new Fault(FaultKind.LengthTooSmall),
            new Fault(FaultKind.LengthTooLarge),
            Fault.Slow(TimeSpan.FromMilliseconds(400)),
        ];
        while (!over.IsCancellationRequested)
        {
            int share = random.Next(1, 4);
            Fault fault = faults[random.Next(faults.Length)];
            int count = 0;
            // The report on a push is passed on untouched, and git waits for ever for the rest of one that is announced too short, directly
            // as well.
            _station.Relay.Set(
                fault with
                {
                    Concerns = request =>
                        !(request.IsPush && fault.Kind == FaultKind.LengthTooSmall)
                        && (share == 1 || Interlocked.Increment(ref count) % share == 0),
                }
            );
            await Task.Delay(random.Next(200, 1500), over).ContinueWith(static _ => { }, TaskScheduler.Default);
        }

        _station.Relay.Set(Fault.None);
    }

    private async Task CommitAsync(List<PrimaryRepository> repositories, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            foreach (PrimaryRepository repository in repositories)
            {
                List<string> made = _tips[repository.Name];
                string tip = await repository.CommitAsync();
                lock (made)
                {
                    made.Add(tip);
                }
            }

            await Task.Delay(700, over).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    private async Task WorkAsync(Random random, List<PrimaryRepository> repositories, int number, CancellationToken over)
    {
        GitClient client = NewClient($"person{number}").Speaking(number % 3);
        string user = number % 2 == 0 ? "alice" : "bob";
        string? clone = null;
        for (int round = 0; !over.IsCancellationRequested; round++)
        {
            PrimaryRepository repository = repositories[number % repositories.Count];
            string url = _station.Node.UrlOf(repository, user).AbsoluteUri;
            int choice = clone is null ? 0 : random.Next(5);
            if (choice == 4 && user == "alice")
            {
                await PushAsync(client.In(clone!), repository, $"push/{number}-{round}");
            }
            else if (choice >= 2)
            {
                await ReadAsync(client.In(clone!), repository, ["fetch", "--quiet", "--prune"], client.In(clone!));
            }
            else
            {
                string name = $"clone{round}";
                string[] depth = choice == 1 ? ["--depth", "1"] : [];
                if (await ReadAsync(client, repository, ["clone", "--quiet", .. depth, url, name], client.In(name)) && choice == 0)
                {
                    clone = name;
                }
            }
        }
    }

    /// <summary>False if it failed with a message. A result is whole, is the primary's, and is as fresh as its label says.</summary>
    private async Task<bool> ReadAsync(GitClient client, PrimaryRepository repository, string[] command, GitClient clone)
    {
        List<string> made = _tips[repository.Name];
        int atLeast;
        lock (made)
        {
            atLeast = made.Count - 1;
        }

        (CommandResult result, IReadOnlyList<string> status) = await client.TryTraceAsync(command);
        if (result.ExitCode != 0)
        {
            Assert.True(result.ExitCode is 1 or 128, $"{result.Command}: exit code {result.ExitCode}: {result.Error}");
            Assert.Matches("(fatal|error): ", result.Error);
            Interlocked.Increment(ref _failed);
            return false;
        }

        bool isRecord = status.Any(value => value.Contains("stale", StringComparison.Ordinal));
        Interlocked.Increment(ref _succeeded);
        Interlocked.Add(ref _stale, isRecord ? 1 : 0);
        string tip = await clone.ReadAsync("rev-parse", "origin/main");
        // The last commit may not be noted here yet.
        await Eventually.TrueAsync(
            $"{tip} is the primary's",
            () =>
            {
                lock (made)
                {
                    return made.Contains(tip);
                }
            }
        );
        if (!isRecord)
        {
            lock (made)
            {
                Assert.InRange(made.IndexOf(tip), atLeast, made.Count);
            }
        }

        await CloneState.OfAsync(clone);
        return true;
    }

    private async Task PushAsync(GitClient clone, PrimaryRepository repository, string branch)
    {
        CommandResult result = await clone.TryAsync("push", "--quiet", "origin", $"HEAD:refs/heads/{branch}");
        if (result.ExitCode == 0)
        {
            _pushed.Add($"{repository.Name} {branch}");
        }
        else
        {
            Interlocked.Increment(ref _failed);
        }
    }

    private async Task TryToGetInAsync(PrimaryRepository repository, CancellationToken over)
    {
        GitClient client = NewClient("impostor");
        while (!over.IsCancellationRequested)
        {
            CommandResult result = await client.TryAsync("ls-remote", _station.Node.UrlOf(repository, "mallory").AbsoluteUri);
            Assert.NotEqual(0, result.ExitCode);
            Assert.Equal("", result.Output);
        }
    }

    private async Task AssertWellAsync(List<PrimaryRepository> repositories)
    {
        GitClient client = NewClient("afterwards");
        await Eventually.TrueAsync(
            "no request is left",
            async () => (await _station.Node.MetricsAsync()).Sum("waystation_open_requests") == 0
        );
        foreach (PrimaryRepository repository in repositories)
        {
            string name = Path.GetFileNameWithoutExtension(repository.Name);
            string url = _station.Node.UrlOf(repository, "alice").AbsoluteUri;
            // A repository that was failed by itself is tried again when its pause is over; until then its answers say that they are
            // recorded.
            await Eventually.TrueAsync(
                "alice is told no more to wait, and nothing recorded",
                async () =>
                {
                    (CommandResult result, IReadOnlyList<string> status) = await client.TryTraceAsync(["ls-remote", url]);
                    return result.ExitCode == 0 && !status.Any(static value => value.Contains("stale", StringComparison.Ordinal));
                }
            );
            await repository.CommitAsync();
            string direct = _station.Primary.UrlOf(repository, "alice").AbsoluteUri;
            Assert.Equal(await client.ReadAsync("ls-remote", direct), await client.ReadAsync("ls-remote", url));
            await client.RunAsync("clone", "--quiet", "--mirror", direct, name + "-direct");
            await client.RunAsync("clone", "--quiet", "--mirror", url, name + "-through");
            Assert.Equal(await CloneState.OfAsync(client.In(name + "-direct")), await CloneState.OfAsync(client.In(name + "-through")));
            foreach (string branch in _pushed.Where(one => one.StartsWith(repository.Name + " ", StringComparison.Ordinal)))
            {
                await client.In(name + "-through").RunAsync("rev-parse", "--verify", "--quiet", "refs/heads/" + branch.Split(' ')[1]);
            }
        }
    }

    private GitClient NewClient(string name)
    {
        GitClient client = new(_station.Folder);
        string folder = _station.Folder.CreateFolder(name);
        return client with { Folder = folder, Timeout = s_patience };
    }
}
