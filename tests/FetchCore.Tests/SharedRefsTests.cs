using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Flights;
using Waystation.FetchCore.Refs;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests;

public sealed class SharedRefsTests
{
    private readonly ManualTime _time = new();
    private readonly NextFlight<(RepositoryName, Credential, RefsQueryKind), AccessView?> _shared;
    private readonly CredentialDigester _digester = new();

    public SharedRefsTests() => _shared = new(_time);

    [Fact]
    public async Task Question_IsNotSharedWithWhoCameAfterItWasSent()
    {
        var sent = new List<TaskCompletionSource<AccessView?>>();
        Task<AccessView?> AskAsync()
        {
            lock (sent)
            {
                var answer = new TaskCompletionSource<AccessView?>();
                sent.Add(answer);
                return answer.Task;
            }
        }

        Task<AccessView?> first = Ask("alice", AskAsync);
        await UntilAsync(() => sent.Count == 1);
        Task<AccessView?>[] late = [.. Enumerable.Range(0, 10).Select(_ => Ask("alice", AskAsync))];
        Assert.Single(sent);

        var old = new AccessView([]);
        sent[0].SetResult(old);
        Assert.Same(old, await first);
        await UntilAsync(() => sent.Count == 2);
        var fresh = new AccessView([]);
        sent[1].SetResult(fresh);
        Assert.All(await Task.WhenAll(late), view => Assert.Same(fresh, view));
        Assert.Equal(2, sent.Count);
    }

    [Fact]
    public async Task Question_IsNeverSharedBetweenCredentials()
    {
        int asked = 0;
        var gate = new TaskCompletionSource();
        async Task<AccessView?> AskAsync()
        {
            Interlocked.Increment(ref asked);
            await gate.Task;
            return new AccessView([]);
        }

        Task<AccessView?> alice = Ask("alice", AskAsync),
            bob = Ask("bob", AskAsync);
        await UntilAsync(() => Volatile.Read(ref asked) == 2);
        gate.SetResult();
        Assert.NotSame(await alice, await bob);
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task Sharer_WhoLeaves_TakesNobodyAlong()
    {
        var gate = new TaskCompletionSource<AccessView?>();
        using var leaving = new CancellationTokenSource();
        Task<AccessView?> first = _shared.AskAsync(
            (CoreFixture.Repository, Of("alice"), RefsQueryKind.AllRefs),
            () => gate.Task,
            leaving.Token
        );
        Task<AccessView?> second = Ask("alice", () => Task.FromResult<AccessView?>(new AccessView([])));
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        gate.SetResult(null);
        Assert.NotNull(await second);
    }

    [Fact]
    public async Task Failure_IsToldToItsSharers_AndTheNextOneAsksAgain()
    {
        await Assert.ThrowsAsync<IOException>(() => Ask("alice", () => Task.FromException<AccessView?>(new IOException("gone"))));
        Assert.NotNull(await Ask("alice", () => Task.FromResult<AccessView?>(new AccessView([]))));
    }

    [Theory]
    [InlineData(false)] // the one under way when they come
    [InlineData(true)] // the one that they share
    public async Task QuestionThatHangs_HoldsUpNobodyElse(bool isTheirs)
    {
        var hanging = new TaskCompletionSource<AccessView?>();
        var answer = new AccessView([]);
        int asked = 0;
        Task<AccessView?> AskAsync() =>
            Interlocked.Increment(ref asked) == (isTheirs ? 2 : 1) ? hanging.Task : Task.FromResult<AccessView?>(answer);
        var first = new TaskCompletionSource<AccessView?>();
        Task<AccessView?> ahead = Ask("alice", () => isTheirs ? first.Task : AskAsync());
        await UntilAsync(() => isTheirs || Volatile.Read(ref asked) == 1);
        if (isTheirs)
        {
            asked = 1;
        }

        Task<AccessView?>[] others = [.. Enumerable.Range(0, 10).Select(_ => Ask("alice", AskAsync))];
        first.SetResult(answer);
        Task<AccessView?>[] freed = isTheirs ? others[1..] : others;
        await _time.TurnUntilAsync(
            "nobody waits for another's question",
            () => freed.All(static other => other.IsCompleted),
            TimeSpan.FromSeconds(30)
        );
        Assert.All(await Task.WhenAll(freed), view => Assert.Same(answer, view));
        hanging.SetResult(null);
        await Task.WhenAll([ahead, .. others]);
    }

    private static Task UntilAsync(Func<bool> condition) => Eventually.TrueAsync("what the test waits for", condition);

    private Credential Of(string user) => _digester.Digest([new("user", user)]);

    private Task<AccessView?> Ask(string user, Func<Task<AccessView?>> ask) =>
        _shared.AskAsync((CoreFixture.Repository, Of(user), RefsQueryKind.AllRefs), ask, CancellationToken.None);
}
