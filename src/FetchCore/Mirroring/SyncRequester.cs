using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Mirroring;

/// <summary>
/// The requester of a sync: the listings of a credential, and the primary asked with it. It lives as long as the request and the one sync
/// that it started.
/// </summary>
/// <param name="View">The listings of the credential.</param>
/// <param name="Primary">The primary, asked in its name.</param>
/// <param name="ProtocolVersion">The version that the client speaks.</param>
/// <param name="Refused">Called if the primary refuses.</param>
public sealed record SyncRequester(AccessView View, IPrimary Primary, int ProtocolVersion, Action<PrimaryReply> Refused)
{
    /// <summary>Whether the view is a record, in an outage; then no refs follow it.</summary>
    public bool IsRecorded { get; init; }

    /// <summary>Whether the objects come from the node that keeps the mirror, and from nowhere else.</summary>
    public bool AsksKeeper { get; init; }

    /// <summary>
    /// A request for everything that these wants lead to, without everything that these haves lead to, with capabilities that the primary
    /// advertised. If the primary showed this credential its refs in v2 only, the request uses v2, whatever the client speaks.
    /// </summary>
    public (FetchRequest Request, ResponseFraming Framing) RequestFor(
        ObjectFormat format,
        IReadOnlyList<ObjectId> wants,
        IReadOnlyList<ObjectId> haves
    )
    {
        ArgumentNullException.ThrowIfNull(haves);
        var request = new FetchRequest
        {
            ObjectFormat = format,
            Wants = wants,
            Haves = haves,
            ThinPack = haves.Count > 0,
            OfsDelta = true,
            Pack = PackWhen.AtOnce,
        };
        return ProtocolVersion < 2 && View.Older is { } older ? older.Word(request) : (request, ResponseFraming.V2);
    }

    /// <summary>Reads the reply up to its pack. False if no pack follows, or if the primary is shallow, which is reported.</summary>
    /// <param name="reply">The reply to the request.</param>
    /// <param name="request">The request.</param>
    /// <param name="framing">The form of the response.</param>
    /// <param name="history">Gets the report that the repository is shallow at the primary.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="life">The watch over the transfer.</param>
    internal async Task<bool> ReadToPackAsync(
        PrimaryReply reply,
        FetchRequest request,
        ResponseFraming framing,
        PrimaryHistory history,
        RepositoryName repository,
        SignsOfLife life
    )
    {
        life.Note();
        Refused(reply);
        FetchPrologue? prologue = reply.IsAnswer ? await PackResponse.ReadPrologueAsync(reply.Body, request, framing, life.Token) : null;
        if (prologue is { Shallow.Count: > 0 })
        {
            history.Tell(repository, isShallow: true);
        }

        return prologue is { Shallow.Count: 0 };
    }
}
