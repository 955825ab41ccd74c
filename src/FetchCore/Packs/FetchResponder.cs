using System.IO.Pipelines;
using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Observing;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Packs;

/// <summary>
/// A fetch as every front end takes it through the core:
/// <code>
///   Begin        for its record
///   AskAsync     the ladder
///   SendAsync    writes an answer of the node to the client
/// </code>
/// Forwarding requests and writing refusals is the task of the front end.
/// </summary>
public sealed class FetchResponder(FetchService fetches, FetchObserver observer, TimeProvider time)
{
    /// <summary>The memory of all requests.</summary>
    public RequestMemory Memory => fetches.Memory;

    /// <summary>Begins the records of fetches.</summary>
    public FetchObserver Observer => observer;

    /// <summary>The answer to a fetch; nothing of it is written yet.</summary>
    /// <param name="call">The fetch.</param>
    /// <param name="cancellationToken">The client's.</param>
    public Task<FetchAnswer> AskAsync(FetchCall call, CancellationToken cancellationToken) => fetches.FetchAsync(call, cancellationToken);

    /// <summary>Writes a pack with the sections before it. The reader stays the caller's.</summary>
    /// <param name="call">The fetch.</param>
    /// <param name="answer">The pack.</param>
    /// <param name="output">Leads to the client.</param>
    /// <param name="cancellationToken">The client's.</param>
    /// <returns>As <see cref="FetchAnswerBody.WriteAsync"/>.</returns>
    public async Task<FetchEnd> SendAsync(FetchCall call, FetchAnswer.Pack answer, PipeWriter output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(answer);
        var body = new FetchAnswerBody(output, answer.Reader, call.Request, call.Framing, time, call.Observed.Sent);
        FetchEnd end = await body.WriteAsync(ServedBy.Line(answer, time.GetUtcNow()), cancellationToken);
        call.Observed.Ended(end, body.Trouble);
        return end;
    }

    /// <summary>Writes a round of negotiation.</summary>
    /// <param name="call">The fetch.</param>
    /// <param name="answer">The round.</param>
    /// <param name="output">Leads to the client.</param>
    /// <param name="cancellationToken">The client's.</param>
    public static async Task SendRoundAsync(
        FetchCall call,
        FetchAnswer.Round answer,
        PipeWriter output,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(output);
        new ResponseCodec(call.Request, call.Framing).WriteRound(output, answer.Prologue);
        await output.FlushAsync(cancellationToken);
        call.Observed.Ended(FetchEnd.Round);
    }
}
