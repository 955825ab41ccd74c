using System.Buffers;
using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Refs;

namespace Waystation.FetchCore.Tests.Refs;

/// <summary>Equal questions for refs, of which one hangs at the primary.</summary>
public sealed class RefsCoalescerTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly CredentialDigester _digester = new();
    private readonly Meter _meter = new("test");
    private readonly RefsCoalescer _coalescer;
    private readonly TaskCompletionSource<PrimaryReply> _hanging = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ahead = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _asked;

    public RefsCoalescerTests() => _coalescer = new RefsCoalescer(_time, new FetchMeters(_meter));

    public void Dispose() => _meter.Dispose();

    [Theory]
    [InlineData(1, 0)] // the question under way when the others come
    [InlineData(2, 0)] // the one that they share
    [InlineData(2, 10)] // the same, which has begun to be answered
    public async Task QuestionThatHangs_HoldsUpOnlyTheOneWhoAsksIt(int which, int bytes)
    {
        Task<bool> first = IsAnsweredAsync(which, bytes);
        await UntilAsync(() => _asked == 1);
        Task<bool>[] others = [.. Enumerable.Range(0, 10).Select(_ => IsAnsweredAsync(which, bytes))];
        _ahead.SetResult();
        int hung = which == 1 ? 0 : 1;
        await UntilAsync(() => others.Count(static other => other.IsCompleted) >= others.Length - hung, turns: 40);
        _hanging.SetException(new IOException("at last"));
        await first;
        Assert.Equal(hung, (await Task.WhenAll(others)).Count(static isAnswered => !isAnswered));
    }

    private async Task<bool> IsAnsweredAsync(int which, int bytes)
    {
        try
        {
            using RefsAnswer answer = await AskAsync(which, bytes);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private Task UntilAsync(Func<bool> condition, int turns = 0) =>
        _time.TurnUntilAsync("nobody waits for another's question", condition, TimeSpan.FromSeconds(turns));

    /// <param name="which">The question that hangs.</param>
    /// <param name="bytes">So much of its answer comes before.</param>
    private Task<RefsAnswer> AskAsync(int which, int bytes)
    {
        var key = new RefsKey(new("git.example.com", "team/tool.git"), _digester.Digest([new("user", "alice")]), "a question");
        return _coalescer.AskAsync(key, new Leader(token => SendAsync(which, bytes, token)), CancellationToken.None);
    }

    private async Task<PrimaryReply> SendAsync(int which, int bytes, CancellationToken cancellationToken)
    {
        int number = Interlocked.Increment(ref _asked);
        if (number == which && bytes == 0)
        {
            return await _hanging.Task.WaitAsync(cancellationToken);
        }

        if (number == 1)
        {
            await _ahead.Task;
        }

        return number == which ? Half(bytes) : new FakeReply("000eversion 2\n0000"u8.ToArray(), askedAt: 0);
    }

    /// <summary>So much, and the rest when the other one fails.</summary>
    private PrimaryReply Half(int bytes)
    {
        var pipe = new Pipe();
        pipe.Writer.Write(new byte[bytes]);
        _ = pipe.Writer.FlushAsync().AsTask();
        _ = _hanging.Task.ContinueWith(
            ended => pipe.Writer.Complete(ended.Exception!.InnerException),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        return new FakeReply(pipe.Reader, askedAt: 0);
    }

    private sealed class Leader(Func<CancellationToken, Task<PrimaryReply>> send) : IRefsLeader
    {
        public Task<PrimaryReply> AskAsync(CancellationToken cancellationToken) => send(cancellationToken);

        public void See(PrimaryReply reply) { }

        public void Read(ReadOnlySpan<byte> bytes) { }

        public void End() { }

        public void Fail(Exception failure) { }
    }
}
