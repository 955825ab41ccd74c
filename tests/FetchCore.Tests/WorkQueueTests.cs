using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Observing;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Wire;

namespace Waystation.FetchCore.Tests;

public sealed class WorkQueueTests : IAsyncLifetime
{
    private static readonly RepositoryName s_widgets = new("git.example.com", "team/widgets"),
        s_tools = new("git.example.com", "team/tools"),
        s_toys = new("git.example.com", "team/toys");

    private readonly TempFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly Meter _meter = new("WorkQueueTests");
    private readonly GatedWork _vet = new(WorkKind.Vet, WorkLane.Small),
        _warm = new(WorkKind.Warm, WorkLane.Large),
        _prefetch = new(WorkKind.Prefetch, WorkLane.Prefetch);
    private DataFolder? _data;
    private WorkQueue? _queue;

    private WorkQueue Queue => _queue!;

    public Task InitializeAsync() => StartAsync(new WorkOptions());

    public async Task DisposeAsync()
    {
        await StopAsync();
        _meter.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Work_OfOneRepository_IsDoneOneAfterAnother()
    {
        Queue.Enqueue(WorkKind.Vet, s_widgets);
        await _vet.BegunAsync(s_widgets);
        Queue.Enqueue(WorkKind.Warm, s_widgets);
        Queue.Enqueue(WorkKind.Warm, s_tools);
        await _warm.BegunAsync(s_tools);
        Assert.Equal(0, _warm.RunsOf(s_widgets));
        _vet.Finish(s_widgets);
        await _warm.BegunAsync(s_widgets);
    }

    [Fact]
    public async Task Prefetch_DelaysNoOtherWork_AlsoOfItsRepository()
    {
        Queue.Enqueue(WorkKind.Prefetch, s_widgets);
        await _prefetch.BegunAsync(s_widgets);
        Queue.Enqueue(WorkKind.Prefetch, s_tools);
        Queue.Enqueue(WorkKind.Vet, s_widgets);
        await _vet.BegunAsync(s_widgets);
        Queue.Enqueue(WorkKind.Warm, s_tools);
        await _warm.BegunAsync(s_tools);
        Assert.Equal(0, _prefetch.RunsOf(s_tools));
        _prefetch.Finish(s_widgets);
        await _prefetch.BegunAsync(s_tools);
    }

    [Fact]
    public async Task LargeWork_NeverDelaysSmallWork()
    {
        await RestartAsync(new WorkOptions { Large = 1 });
        Queue.Enqueue(WorkKind.Warm, s_widgets);
        await _warm.BegunAsync(s_widgets);
        Queue.Enqueue(WorkKind.Warm, s_tools);
        Queue.Enqueue(WorkKind.Vet, s_toys);
        await _vet.BegunAsync(s_toys);
        Assert.Equal(0, _warm.RunsOf(s_tools));
        _warm.Finish(s_widgets);
        await _warm.BegunAsync(s_tools);
    }

    [Fact]
    public async Task Primary_IsNotAskedForMoreAtOnceThanItsBound()
    {
        await RestartAsync(new WorkOptions { PerPrimary = 2 });
        RepositoryName elsewhere = new("other.example.com", "team/widgets");
        foreach (RepositoryName name in (RepositoryName[])[s_widgets, s_tools, s_toys, elsewhere])
        {
            Queue.Enqueue(WorkKind.Vet, name);
        }

        await _vet.BegunAsync(s_widgets);
        await _vet.BegunAsync(s_tools);
        await _vet.BegunAsync(elsewhere);
        Assert.Equal(0, _vet.RunsOf(s_toys));
        _vet.Finish(s_tools);
        await _vet.BegunAsync(s_toys);
    }

    [Fact]
    public async Task Work_IsDoneOnce_HoweverOftenItIsAskedFor_AndOnceMoreWhereItIsBeingDone()
    {
        Queue.Enqueue(WorkKind.Vet, s_widgets);
        await _vet.BegunAsync(s_widgets);
        for (int i = 0; i < 5; i++)
        {
            Queue.Enqueue(WorkKind.Vet, s_widgets);
        }

        _vet.Finish(s_widgets);
        await _vet.BegunAsync(s_widgets, runs: 2);
        _vet.Finish(s_widgets);
        await IdleAsync();
        Assert.Equal(2, _vet.RunsOf(s_widgets));
    }

    [Fact]
    public async Task FailedWork_WaitsExponentiallyLonger_WithJitter_UpToAnHour()
    {
        Queue.Enqueue(WorkKind.Vet, s_widgets);
        TimeSpan full = TimeSpan.FromSeconds(5);
        for (int failures = 1; failures <= 14; failures++)
        {
            await _vet.BegunAsync(s_widgets, failures);
            _vet.Fail(s_widgets, "the primary is away");
            await Eventually.TrueAsync("the failure is noted", () => Queue.Entries() is [{ IsRunning: false }]);
            WorkEntry entry = Assert.Single(Queue.Entries());
            Assert.Equal((failures, "the primary is away"), (entry.Failures, entry.LastError));
            TimeSpan wait = entry.Due - _time.GetUtcNow();
            Assert.InRange(wait, full / 2, full);
            await TurnAsync(wait);
            full = full * 2 > TimeSpan.FromHours(1) ? TimeSpan.FromHours(1) : full * 2;
        }

        // An enqueued piece need not wait so long.
        await _vet.BegunAsync(s_widgets, 15);
        _vet.Fail(s_widgets, "again");
        await Eventually.TrueAsync("the failure is noted", () => Queue.Entries() is [{ IsRunning: false }]);
        Queue.Enqueue(WorkKind.Vet, s_widgets);
        await _vet.BegunAsync(s_widgets, 16);
        _vet.Finish(s_widgets);
        await IdleAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(400)]
    [InlineData(-400)]
    public async Task WhatWaits_OutlivesARestart_AndTheClocksJumps(int jumpInDays)
    {
        Queue.Enqueue(WorkKind.Vet, s_widgets);
        await _vet.BegunAsync(s_widgets);
        _vet.Fail(s_widgets, "the primary is away");
        await Eventually.TrueAsync("the failure is noted", () => Queue.Entries() is [{ IsRunning: false }]);
        Queue.Enqueue(WorkKind.Warm, s_tools);
        await _warm.BegunAsync(s_tools);
        await StopAsync();
        _time.Jump(TimeSpan.FromDays(jumpInDays));
        await StartAsync(new WorkOptions());

        // A running piece begins again, a failed one comes when it was due, and no piece comes later than the longest wait.
        WorkEntry waiting = Assert.Single(Queue.Entries(), static entry => entry.Kind == WorkKind.Vet);
        Assert.Equal((1, "the primary is away"), (waiting.Failures, waiting.LastError));
        Assert.InRange(waiting.Due - _time.GetUtcNow(), TimeSpan.FromSeconds(-1), TimeSpan.FromHours(1));
        if (jumpInDays <= 0)
        {
            await TurnAsync(waiting.Due - _time.GetUtcNow());
        }

        await _warm.BegunAsync(s_tools, runs: 2);
        await _vet.BegunAsync(s_widgets, runs: 2);
    }

    /// <summary>The file of the queue, with any bit flipped: the node takes up work on a repository, or nothing.</summary>
    [Fact]
    public async Task WhatWaited_IsTakenUpWhole_OrNotAtAll()
    {
        Queue.Enqueue(WorkKind.Vet, s_widgets);
        await _vet.BegunAsync(s_widgets);
        _vet.Fail(s_widgets, "the primary is away");
        await Eventually.TrueAsync("the failure is noted", () => Queue.Entries() is [{ IsRunning: false }]);
        await StopAsync();
        string file = Path.Combine(_folder["data"], "queue.json");
        byte[] written = await File.ReadAllBytesAsync(file);
        _data = new DataFolder(_folder["data"], _time);
        foreach ((int bit, byte[] flipped) in Flips.Of(written))
        {
            await File.WriteAllBytesAsync(file, flipped);
            using var others = new Meter("WorkQueueTests");
            using var read = new WorkQueue(
                [_vet, _warm],
                new WorkOptions(),
                _data,
                new WorkMeters(others),
                _time,
                NullLogger<WorkQueue>.Instance
            );
            Assert.All(read.Entries(), entry => Assert.False(entry.Repository.Host is null || entry.Repository.Path is null, $"bit {bit}"));
        }

        await File.WriteAllBytesAsync(file, written);
        _data.Dispose();
        await StartAsync(new WorkOptions());
        Assert.Single(Queue.Entries());
    }

    [Fact]
    public async Task CancelledWork_EndsAndIsNotTriedAgain()
    {
        Queue.Enqueue(WorkKind.Vet, s_widgets);
        await _vet.BegunAsync(s_widgets);
        Queue.Enqueue(WorkKind.Warm, s_widgets);
        await Queue.CancelAsync(s_widgets);
        Assert.Empty(Queue.Entries());
        Assert.Equal(0, _warm.RunsOf(s_widgets));
    }

    private async Task StartAsync(WorkOptions options)
    {
        _data = new DataFolder(_folder["data"], _time);
        _queue = new WorkQueue([_vet, _warm, _prefetch], options, _data, new WorkMeters(_meter), _time, NullLogger<WorkQueue>.Instance);
        await _queue.StartAsync(CancellationToken.None);
    }

    private async Task StopAsync()
    {
        await _queue!.StopAsync(CancellationToken.None);
        _queue.Dispose();
        _data!.Dispose();
    }

    private async Task RestartAsync(WorkOptions options)
    {
        await StopAsync();
        await StartAsync(options);
    }

    /// <summary>And on in steps, for the queue sets its alarm only when it has looked: one that is set after the turn comes as much
    /// later.</summary>
    private async Task TurnAsync(TimeSpan by)
    {
        int runs = _vet.Runs;
        _time.Turn(by);
        await Eventually.TrueAsync(
            "what is due begins",
            () =>
            {
                _time.Turn(by / 20);
                return _vet.Runs > runs;
            }
        );
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

        public Task BegunAsync(RepositoryName repository, int runs = 1) =>
            Eventually.TrueAsync($"{kind} of {repository} begins", () => RunsOf(repository) >= runs);

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
