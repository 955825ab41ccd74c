using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Tests;
using Waystation.Primaries.Http;
using Waystation.Proxy.Http;

namespace Waystation.Proxy.Tests.Http;

/// <summary>Equal questions for refs, of which one hangs at the primary.</summary>
public sealed class RefsShieldTests
{
    private readonly ManualTime _time = new();
    private readonly CredentialDigester _digester = new();
    private readonly RefsShield _shield;
    private readonly TaskCompletionSource<HttpPrimaryReply> _hanging = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ahead = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _asked;

    public RefsShieldTests() => _shield = new RefsShield(_time);

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
        return _shield.AskAsync(
            key,
            async token =>
            {
                int number = Interlocked.Increment(ref _asked);
                if (number == which && bytes == 0)
                {
                    return await _hanging.Task.WaitAsync(token);
                }

                if (number == 1)
                {
                    await _ahead.Task;
                }

                return number == which ? Half(bytes) : Answer(new MemoryStream("000eversion 2\n0000"u8.ToArray()));
            },
            static _ => null,
            CancellationToken.None
        );
    }

    /// <summary>So much, and the rest when the other one fails.</summary>
    private HttpPrimaryReply Half(int bytes)
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
        return Answer(pipe.Reader.AsStream());
    }

    private static HttpPrimaryReply Answer(Stream body)
    {
        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(Stream.Null) };
        response.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-git-upload-pack-advertisement");
        return new HttpPrimaryReply(response, askedAt: 0, body);
    }
}
