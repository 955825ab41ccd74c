using System.Globalization;
using Waystation.EndToEnd.Tests.Farm.Histories;
using Waystation.TestKit.Servers;
using Xunit.Abstractions;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>
/// Nodes are killed, links between them are cut, and Redis is killed, frozen or emptied while people clone, fetch and push. The recorded
/// history has no stale and no wrong answer, and nobody fails but clients whose own node died.
/// <c>tests/EndToEnd.Tests/farm-faults</c> runs this for minutes.
/// </summary>
public sealed class FaultTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string SecondsVariable = "WAYSTATION_TEST_FARM_SECONDS";
    private const string SeedVariable = "WAYSTATION_TEST_FARM_SEED";

    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(Number(SecondsVariable) ?? 60);

    private readonly FarmStation _station = new();
    private readonly FarmHistory _history = new();

    public Task InitializeAsync() => _station.StartAsync(new FarmSettings { HasLinks = true });

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task History_HasNoStaleAndNoWrongAnswer_WhateverFails()
    {
        int seed = Number(SeedVariable) ?? Environment.TickCount;
        output.WriteLine($"seed {seed} ({SeedVariable}), {s_duration.TotalSeconds} s");
        var clock = new FarmClock();
        var repositories = new List<PrimaryRepository>();
        foreach (string name in (string[])["private/one.git", "private/two.git", "private/three.git"])
        {
            PrimaryRepository repository = await _station.Primary.CreateAsync(name, new History(seed) { IncompressibleBytes = 300_000 });
            await repository.GitAsync("config", "receive.denyNonFastForwards", "false");
            repositories.Add(repository);
            foreach (
                string line in (await repository.GitAsync("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads")).Output.Split(
                    '\n',
                    StringSplitOptions.RemoveEmptyEntries
                )
            )
            {
                _history.Add(new RecordedWrite(name, line.Split(' ')[0], line.Split(' ')[1], 0, 0, IsAcknowledged: true));
            }
        }

        using var over = new CancellationTokenSource(s_duration);
        var faults = new FarmFaults(_station, _history, clock, new Random(seed));
        IReadOnlyList<FarmPerson> people = FarmPerson.All(_station, _history, clock);
        await Task.WhenAll([
            faults.RunAsync(over.Token),
            CommitAsync(repositories, clock, over.Token),
            TryToGetInAsync(repositories[0], over.Token),
            .. people.Select((person, i) => person.WorkAsync(new Random(seed + i + 1), repositories, over.Token)),
        ]);
        foreach (string fault in faults.Made)
        {
            output.WriteLine(fault);
        }

        output.WriteLine(
            $"{_history.Reads.Count} clones and fetches, {_history.Writes.Count} commits and pushes, {_history.Failures.Count} failures, "
                + $"{_history.Deaths.Count} nodes killed"
        );
        IReadOnlyList<string> violations = _history.Violations();
        Assert.True(violations.Count == 0, string.Join('\n', violations));
        Assert.NotEmpty(_history.Reads);
        await AssertWellAsync(repositories);
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : null;

    private async Task CommitAsync(List<PrimaryRepository> repositories, FarmClock clock, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            foreach (PrimaryRepository repository in repositories)
            {
                long begun = clock.Now;
                string tip = await repository.CommitAsync();
                _history.Add(new RecordedWrite(repository.Name, "refs/heads/main", tip, begun, clock.Now, IsAcknowledged: true));
            }

            await Task.Delay(1500, over).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    private async Task TryToGetInAsync(PrimaryRepository repository, CancellationToken over)
    {
        GitClient client = _station.NewClient("impostor");
        while (!over.IsCancellationRequested)
        {
            CommandResult result = await client.TryAsync("ls-remote", _station.UrlOf(repository, "mallory").AbsoluteUri);
            Assert.NotEqual(0, result.ExitCode);
            Assert.Equal("", result.Output);
            await Task.Delay(500, over).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    /// <summary>When all is well again, each node shows what the primary has.</summary>
    private async Task AssertWellAsync(List<PrimaryRepository> repositories)
    {
        GitClient client = _station.NewClient("afterwards");
        foreach (PrimaryRepository repository in repositories)
        {
            await repository.CommitAsync();
            string name = Path.GetFileNameWithoutExtension(repository.Name);
            await client.RunAsync("clone", "--quiet", "--mirror", _station.Primary.UrlOf(repository, "alice").AbsoluteUri, name);
            CloneState direct = await CloneState.OfAsync(client.In(name));
            foreach ((int i, WaystationNode node) in _station.Nodes.Index())
            {
                await client.RunAsync("clone", "--quiet", "--mirror", node.UrlOf(repository, "alice").AbsoluteUri, $"{name}-{i}");
                Assert.Equal(direct, await CloneState.OfAsync(client.In($"{name}-{i}")));
            }
        }
    }
}
