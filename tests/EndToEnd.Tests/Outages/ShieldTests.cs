using System.Globalization;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Outages;

/// <summary>The protection of the primary from a crowd: equal questions share, and reads have a budget.</summary>
public sealed class ShieldTests : IAsyncLifetime
{
    private static readonly History s_plans = new(Seed: 84);

    private readonly FaultyStation _station = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task EqualQuestions_ShareOne_ThatWasSentAfterTheyCame()
    {
        await _station.StartAsync();
        PrimaryRepository repository = await NewAsync();
        using var gate = new Gate();
        _station.Relay.Set(gate.Fault(static request => request.IsLsRefs));
        var first = AskAsync(repository, "alice");
        await gate.WaitForAsync(1);
        Task<RawAnswer>[] late = [.. Enumerable.Range(0, 20).Select(_ => AskAsync(repository, "alice"))];
        Task<RawAnswer> other = AskAsync(repository, "bob");
        await gate.WaitForAsync(2);
        await Eventually.TrueAsync("all have come", async () => (await _station.Node.MetricsAsync()).Sum("waystation_open_requests") == 22);

        // Made after the first question was sent: a later client must see it.
        string made = await repository.CommitAsync();
        gate.Open();
        Assert.Equal(200, (await first).Status);
        Assert.All(await Task.WhenAll(late), answer => Assert.Contains($"{made} refs/heads/main", answer.Text, StringComparison.Ordinal));
        await other;
        Assert.Equal(3, _station.Relay.Requests.Count(static request => request.IsLsRefs));
    }

    [Fact]
    public async Task Sharers_AreServed_WhenTheirLeaderLeaves()
    {
        await _station.StartAsync();
        PrimaryRepository repository = await NewAsync();
        using var gate = new Gate();
        _station.Relay.Set(gate.Fault(static request => request.IsLsRefs));
        Task<RawAnswer> first = AskAsync(repository, "alice");
        await gate.WaitForAsync(1);
        using RawConnection leader = await RawConnection.OpenAsync(_station.Node.Url);
        await leader.SendAsync(Question(repository, "alice"));
        await OpenRequestsAsync(2);
        Task<RawAnswer> follower = AskAsync(repository, "alice");
        await OpenRequestsAsync(3);
        leader.Break();
        await OpenRequestsAsync(2);
        gate.Open();
        Assert.Equal(200, (await first).Status);
        Assert.Contains("refs/heads/main", (await follower).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Budget_BoundsTheReadsUnderWay_AndLeavesPushesAlone()
    {
        await _station.StartAsync("--Primaries:0:MaxRequests", "2");
        PrimaryRepository[] repositories = [.. await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => NewAsync()))];
        using var gate = new Gate();
        _station.Relay.Set(gate.Fault(static request => request.IsLsRefs));
        Task<RawAnswer>[] asked = [.. repositories.Select(repository => AskAsync(repository, "alice"))];
        await gate.WaitForAsync(2);
        await OpenRequestsAsync(5);
        Assert.Equal(2, gate.Waiting);

        GitClient client = new(_station.Folder);
        await client.RunAsync("clone", "--quiet", _station.Primary.UrlOf(repositories[0], "alice").AbsoluteUri, "writer");
        await client.In("writer").RunAsync("remote", "set-url", "origin", _station.Node.UrlOf(repositories[0], "alice").AbsoluteUri);
        await client.In("writer").RunAsync("commit", "--quiet", "--allow-empty", "--message", "Pushed");
        await client.In("writer").RunAsync("push", "--quiet");
        gate.Open();
        Assert.All(await Task.WhenAll(asked), answer => Assert.Equal(200, answer.Status));
        Assert.InRange(gate.MostAtOnce, 1, 2);
    }

    [Fact]
    public async Task Budget_TellsWhoWaitedTooLongToComeAgain()
    {
        await _station.StartAsync("--Primaries:0:MaxRequests", "1");
        PrimaryRepository one = await NewAsync(),
            two = await NewAsync();
        using var gate = new Gate();
        _station.Relay.Set(gate.Fault(request => request.IsLsRefs && request.Target.Contains(one.Name, StringComparison.Ordinal)));
        Task<RawAnswer> first = AskAsync(one, "alice");
        await gate.WaitForAsync(1);
        // A question for refs, and a fetch that the node does not understand and forwards as it came.
        string unknown = UploadPack.Fetch([await two.ResolveAsync("main")], "unknown-argument");
        RawAnswer[] turnedAway = await Task.WhenAll(AskAsync(two, "alice"), AskAsync(two, "alice", unknown));
        foreach (RawAnswer answer in turnedAway)
        {
            Assert.Equal(429, answer.Status);
            Assert.InRange(int.Parse(answer.Header("Retry-After")!, CultureInfo.InvariantCulture), 1, 60);
            Assert.Contains("too many reads of the primary wait", answer.Text, StringComparison.Ordinal);
        }

        gate.Open();
        Assert.Equal(200, (await first).Status);
        Assert.Equal(200, (await AskAsync(two, "alice")).Status);
    }

    private static byte[] Question(Uri repository, string user, string? body = null) =>
        UploadPack.Post(
            repository,
            body ?? UploadPack.LsRefs(),
            "Authorization: Basic " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{user}:{user}-secret"))
        );

    private byte[] Question(PrimaryRepository repository, string user, string? body = null) =>
        Question(_station.Node.UrlOf(repository), user, body);

    private Task<RawAnswer> AskAsync(PrimaryRepository repository, string user, string? body = null) =>
        RawConnection.AskAsync(_station.Node.Url, Question(repository, user, body));

    private Task OpenRequestsAsync(int count) =>
        Eventually.TrueAsync(
            $"{count} requests are open",
            async () => (await _station.Node.MetricsAsync()).Sum("waystation_open_requests") == count
        );

    private Task<PrimaryRepository> NewAsync() => _station.Primary.CreateAsync($"private/{Guid.NewGuid():n}.git", s_plans);

    /// <summary>Holds requests at the relay until it is opened, and counts them.</summary>
    private sealed class Gate : IDisposable
    {
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _waiting;
        private int _most;

        public int Waiting => Volatile.Read(ref _waiting);

        public int MostAtOnce => Volatile.Read(ref _most);

        public Fault Fault(Func<RelayedRequest, bool> concerns) =>
            new(FaultKind.Delay)
            {
                Concerns = concerns,
                Until = async () =>
                {
                    int now = Interlocked.Increment(ref _waiting);
                    InterlockedMax(now);
                    await _open.Task;
                    Interlocked.Decrement(ref _waiting);
                },
            };

        public Task WaitForAsync(int requests) => Eventually.TrueAsync($"{requests} requests wait at the gate", () => Waiting >= requests);

        public void Open() => _open.TrySetResult();

        public void Dispose() => Open();

        private void InterlockedMax(int value)
        {
            int seen;
            while (value > (seen = Volatile.Read(ref _most)) && Interlocked.CompareExchange(ref _most, value, seen) != seen)
            {
                // Somebody else counted in between.
            }
        }
    }
}
