using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Primaries;

/// <summary>
/// The primary, asked in one client's name: each call carries that client's own credential and sends a new request. A reply is whatever the
/// primary answers, a refusal included. Calls throw these exceptions and no others:
/// <list type="bullet">
/// <item><see cref="PrimaryOutageException"/>: an outage of the primary or of this repository, confirmed by the node's own probe.</item>
/// <item><see cref="PrimaryBusyException"/>: this credential must come again later.</item>
/// <item><see cref="PrimaryException"/>: only this call has failed.</item>
/// <item><see cref="OperationCanceledException"/>: the caller's token was cancelled.</item>
/// </list>
/// Reading the body of a reply throws <see cref="IOException"/> if the body ends early.
/// </summary>
public interface IPrimary
{
    /// <summary>Whether an outage of this primary, or of this repository at it, is known now. Then it is of no use to ask.</summary>
    bool IsOut => false;

    /// <summary>Whether a question during an open response needs another login.</summary>
    bool AnswersOneAtATime => false;

    /// <summary>
    /// Keeps the connection to the primary open until the result is disposed, also after the client's session, for work that the session
    /// began.
    /// </summary>
    IDisposable KeepOpen() => Disposable.Nothing;

    /// <summary>Sends the client's own fetch request, as it came and once.</summary>
    Task<PrimaryReply> FetchAsync(CancellationToken cancellationToken);

    /// <summary>Sends the client's own question for refs unchanged: its <c>ls-refs</c>, or its question for the advertisement.</summary>
    Task<PrimaryReply> AskRefsAsync(CancellationToken cancellationToken);

    /// <summary>Sends a fetch request of the node's own making, with this client's credential.</summary>
    /// <param name="request">The request.</param>
    /// <param name="framing">The version that is spoken, and the form of the response.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task<PrimaryReply> SyncAsync(FetchRequest request, ResponseFraming framing, CancellationToken cancellationToken);

    /// <summary>Asks for refs (protocol v2). The node may send it again if the connection fails.</summary>
    Task<PrimaryReply> LsRefsAsync(LsRefsRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Asks for the advertisement, in the protocol version of the client's own request: v2 shows only whether this credential may read, v0
    /// and v1 show every ref. The node may send it again if the connection fails.
    /// </summary>
    Task<PrimaryReply> InfoRefsAsync(CancellationToken cancellationToken);
}
