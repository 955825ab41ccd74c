using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Primaries;

/// <summary>
/// The primary, as it is asked in one client's name: each call carries that client's own credential, and goes out anew. A reply is whatever
/// the primary says, a refusal included. These exceptions are the rest of the contract, and no call throws another one:
/// <list type="bullet">
/// <item><see cref="PrimaryOutageException"/>: an outage, of the primary or of this repository, of which the node has made sure.</item>
/// <item><see cref="PrimaryBusyException"/>: this credential is to come again later.</item>
/// <item><see cref="PrimaryException"/>: this call alone has failed.</item>
/// <item><see cref="OperationCanceledException"/>: the caller's token was cancelled.</item>
/// </list>
/// Reading the body of a reply throws <see cref="IOException"/> where the body breaks off.
/// </summary>
public interface IPrimary
{
    /// <summary>An outage of this primary, or of this repository at it, is known now: asking is no use.</summary>
    bool IsOut => false;

    /// <summary>A question that is asked while an answer is on its way needs another login.</summary>
    bool AnswersOneAtATime => false;

    /// <summary>
    /// Keeps the way to the primary open until the result is disposed, also after the client's session: for work that the session began.
    /// </summary>
    IDisposable KeepOpen() => Disposable.Nothing;

    /// <summary>Sends the client's own fetch request, as it came and once.</summary>
    Task<PrimaryReply> FetchAsync(CancellationToken cancellationToken);

    /// <summary>Sends the client's own question for refs, as it came: its <c>ls-refs</c>, or its question for the advertisement.</summary>
    Task<PrimaryReply> AskRefsAsync(CancellationToken cancellationToken);

    /// <summary>Sends a fetch request of the node's own making, with this client's credential.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="framing">The version that is spoken, and the form of the response.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task<PrimaryReply> SyncAsync(FetchRequest request, ResponseFraming framing, CancellationToken cancellationToken);

    /// <summary>Asks which refs there are (protocol v2). It may be sent again where the connection fails.</summary>
    Task<PrimaryReply> LsRefsAsync(LsRefsRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Asks for the advertisement, in the protocol version of the client's own request: v2 says only whether this credential may
    /// read, v0 and v1 show every ref. It may be sent again where the connection fails.
    /// </summary>
    Task<PrimaryReply> InfoRefsAsync(CancellationToken cancellationToken);
}
