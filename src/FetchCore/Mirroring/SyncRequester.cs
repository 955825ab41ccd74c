using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Mirroring;

/// <summary>
/// In whose name a mirror is brought up to date: what this credential was shown, and the primary as it is asked with it. Held
/// for the request and the one sync that it started.
/// </summary>
/// <param name="View">What it was shown.</param>
/// <param name="Primary">The primary, asked in its name.</param>
/// <param name="ProtocolVersion">The version that the client speaks, and so the primary.</param>
/// <param name="Refused">Told where the primary refuses it.</param>
public sealed record SyncRequester(AccessView View, IPrimary Primary, int ProtocolVersion, Action<PrimaryReply> Refused)
{
    /// <summary>An outage: the view is a record of what was shown, and no refs are to follow it.</summary>
    public bool IsRecorded { get; init; }

    /// <summary>
    /// A request for all that these wants lead to, less what these haves lead to, in the words that the primary has advertised. Where it
    /// showed this credential its refs in v2 alone, it speaks that, whatever the client does.
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
}
