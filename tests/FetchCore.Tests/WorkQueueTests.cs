using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.FetchCore.Work;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Wire;

namespace Waystation.FetchCore.Tests;

public sealed class WorkQueueTests : IAsyncLifetime
{
    private static readonly RepositoryName Widgets = new("git.example.com", "team/widgets"), Tools = new("git.example.com", "team/tools"), Toys = new("git.example.com", "team/toys");

    private readonly TempFolder folder = new();
    private readonly ManualTime time = new();
    private readonly Meter meter = new("WorkQueueTests");
    private readonly GatedWork vet = new(WorkKind.Vet, WorkLane.Small), warm = new(WorkKind.Warm, WorkLane.Large);
    private DataFolder? data;
    private WorkQueue? queue;

    private WorkQueue Queue => queue!;

    public Task InitializeAsync() => StartAsync(new WorkBounds());

    public async Task DisposeAsync()
    {
        await StopAsync();
        meter.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Work_OfOneRepository_IsDoneOneAfterAnother()
    {
        Queue.Ask(WorkKind.Vet, Widgets);
        await vet.BegunAsync(Widgets);
        Queue.Ask(WorkKind.Warm, Widgets);
        Queue.Ask(WorkKind.Warm, Tools);
        await warm.BegunAsync(Tools);
        Assert.Equal(0, warm.RunsOf(Widgets));
        vet.Finish(Widgets);
        await warm.BegunAsync(Widgets);
    }

    [Fact]
    public async Task LargeWork_NeverDelaysSmallWork()
    {
        await RestartAsync(new WorkBounds { Large = 1 });
        Queue.Ask(WorkKind.Warm, Widgets);
        await warm.BegunAsync(Widgets);
        Queue.Ask(WorkKind.Warm, Tools);
        Queue.Ask(WorkKind.Vet, Toys);
        await vet.BegunAsync(Toys);
        Assert.Equal(0, warm.RunsOf(Tools));
        warm.Finish(Widgets);
        await warm.BegunAsync(Tools);
    }

    [Fact]
    public async Task Primary_IsNotAskedForMoreAtOnceThanItsBound()
    {
        await RestartAsync(new WorkBounds { PerPrimary = 2 });
        RepositoryName elsewhere = new("other.example.com", "team/widgets");
        foreach (RepositoryName name in (RepositoryName[])[Widgets, Tools, Toys, elsewhere])
            Queue.Ask(WorkKind.Vet, name);
        await vet.BegunAsync(Widgets);
        await vet.BegunAsync(Tools);
        await vet.BegunAsync(elsewhere);
        Assert.Equal(0, vet.RunsOf(Toys));
        vet.Finish(Tools);
        await vet.BegunAsync(Toys);
    }

    [Fact]
    public async Task Work_IsDoneOnce_HoweverOftenItIsAskedFor_AndOnceMoreWhereItIsBeingDone()
    {
        Queue.Ask(WorkKind.Vet, Widgets);
        await vet.BegunAsync(Widgets);
        for (int i = 0; i < 5; i++)
            Queue.Ask(WorkKind.Vet, Widgets);
        vet.Finish(Widgets);
        await vet.BegunAsync(Widgets, runs: 2);
        vet.Finish(Widgets);
        await IdleAsync();
        Assert.Equal(2, vet.RunsOf(Widgets));
    }

    [Fact]
    public async Task FailedWork_WaitsExponentiallyLonger_WithJitter_UpToAnHour()
    {
        Queue.Ask(WorkKind.Vet, Widgets);
        TimeSpan full = TimeSpan.FromSeconds(5);
        for (int failures = 1; failures <= 14; failures++)
        {
            await vet.BegunAsync(Widgets, failures);
            vet.Fail(Widgets, "the primary is away");
            await Eventually.TrueAsync("the failure is noted", () => Queue.Entries() is [{ IsRunning: false }]);
            WorkEntry entry = Assert.Single(Queue.Entries());
            Assert.Equal((failures, "the primary is away"), (entry.Failures, entry.LastError));
            TimeSpan wait = entry.Due - time.GetUtcNow();
            Assert.InRange(wait, full / 2, full);
            await TurnAsync(wait);
            full = full * 2 > TimeSpan.FromHours(1) ? TimeSpan.FromHours(1) : full * 2;
        }

        // Whoever asks need not wait so long.
        await vet.BegunAsync(Widgets, 15);
        vet.Fail(Widgets, "again");
        await Eventually.TrueAsync("the failure is noted", () => Queue.Entries() is [{ IsRunning: false }]);
        Queue.Ask(WorkKind.Vet, Widgets);
        await vet.BegunAsync(Widgets, 16);
        vet.Finish(Widgets);
        await IdleAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(400)]
    [InlineData(-400)]
    public async Task WhatWaits_OutlivesARestart_AndTheClocksJumps(int jumpInDays)
    {
        Queue.Ask(WorkKind.Vet, Widgets);
        await vet.BegunAsync(Widgets);
        vet.Fail(Widgets, "the primary is away");
        await Eventually.TrueAsync("the failure is noted", () => Queue.Entries() is [{ IsRunning: false }]);
        Queue.Ask(WorkKind.Warm, Tools);
        await warm.BegunAsync(Tools);
        await StopAsync();
        time.Jump(TimeSpan.FromDays(jumpInDays));
        await StartAsync(new WorkBounds());

        // What was being done begins again, what failed comes when it was to come, and nothing later than the longest wait.
        WorkEntry waiting = Assert.Single(Queue.Entries(), static entry => entry.Kind == WorkKind.Vet);
        Assert.Equal((1, "the primary is away"), (waiting.Failures, waiting.LastError));
        Assert.InRange(waiting.Due - time.GetUtcNow(), TimeSpan.FromSeconds(-1), TimeSpan.FromHours(1));
        if (jumpInDays <= 0)
            await TurnAsync(waiting.Due - time.GetUtcNow());
        await warm.BegunAsync(Tools, runs: 2);
        await vet.BegunAsync(Widgets, runs: 2);
    }

    /// <summary>Whatever bit of it has flipped: what is taken up is work on a repository, and where that cannot be told nothing is.</summary>
    [Fact]
    public async Task WhatWaited_IsTakenUpWhole_OrNotAtAll()
    {
        Queue.Ask(WorkKind.Vet, Widgets);
        await vet.BegunAsync(Widgets);
        vet.Fail(Widgets, "the primary is away");
        await Eventually.TrueAsync("the failure is noted", () => Queue.Entries() is [{ IsRunning: false }]);
        await StopAsync();
        string file = Path.Combine(folder["data"], "queue.json");
        byte[] written = await File.ReadAllBytesAsync(file);
        data = new DataFolder(folder["data"], time);
        foreach ((int bit, byte[] flipped) in Flips.Of(written))
        {
            await File.WriteAllBytesAsync(file, flipped);
            using var others = new Meter("WorkQueueTests");
            using var read = new WorkQueue([vet, warm], new WorkBounds(), data, new WorkMeters(others), time, NullLogger<WorkQueue>.Instance);
            Assert.All(read.Entries(), entry => Assert.False(entry.Repository.Host is null || entry.Repository.Path is null, $"bit {bit}"));
        }

        await File.WriteAllBytesAsync(file, written);
        data.Dispose();
        await StartAsync(new WorkBounds());
        Assert.Single(Queue.Entries());
    }

    [Fact]
    public async Task CancelledWork_EndsAndIsNotTriedAgain()
    {
        Queue.Ask(WorkKind.Vet, Widgets);
        await vet.BegunAsync(Widgets);
        Queue.Ask(WorkKind.Warm, Widgets);
        await Queue.CancelAsync(Widgets);
        Assert.Empty(Queue.Entries());
        Assert.Equal(0, warm.RunsOf(Widgets));
    }

    private async Task StartAsync(WorkBounds bounds)
    {
        data = new DataFolder(folder["data"], time);
        queue = new WorkQueue([vet, warm], bounds, data, new WorkMeters(meter), time, NullLogger<WorkQueue>.Instance);
        await queue.StartAsync(CancellationToken.None);
    }

    private async Task StopAsync()
    {
        await queue!.StopAsync(CancellationToken.None);
        queue.Dispose();
        data!.Dispose();
    }

    private async Task RestartAsync(WorkBounds bounds)
    {
        await StopAsync();
        await StartAsync(bounds);
    }

    /// <summary>And on in steps, for the queue sets its alarm only when it has looked: one that is set after the turn comes as much later.</summary>
    private async Task TurnAsync(TimeSpan by)
    {
        int runs = vet.Runs;
        time.Turn(by);
        await Eventually.TrueAsync("what is due begins", () =>
        {
            time.Turn(by / 20);
            return vet.Runs > runs;
        });
    }

    private Task IdleAsync() => Eventually.TrueAsync("nothing is left to do", () => Queue.Entries().Count == 0);

    /// <summary>Work that lasts until it is told to end.</summary>
    private sealed class GatedWork(WorkKind kind, WorkLane lane) : RepositoryWork
    {
        private readonly ConcurrentDictionary<RepositoryName, TaskCompletionSource> _gates = new();
        private readonly ConcurrentDictionary<RepositoryName, int> _runs = new();

        public override WorkKind Kind => kind;

        public override WorkLane Lane => lane;

        public int Runs => _runs.Values.Sum();

        public int RunsOf(RepositoryName repository) => _runs.GetValueOrDefault(repository);

        public Task BegunAsync(RepositoryName repository, int runs = 1) => Eventually.TrueAsync($"{kind} of {repository} begins", () => RunsOf(repository) >= runs);

        public void Finish(RepositoryName repository) => _gates[repository].SetResult();

        public void Fail(RepositoryName repository, string error) => _gates[repository].SetException(new IOException(error));

        public override async Task RunAsync(RepositoryName repository, CancellationToken stopping)
        {
            var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _gates[repository] = gate;
            _runs.AddOrUpdate(repository, 1, static (_, runs) => runs + 1);
            await gate.Task.WaitAsync(stopping);
        }
    }
}
