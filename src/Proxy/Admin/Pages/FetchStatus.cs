using Waystation.FetchCore.Observing;

namespace Waystation.Proxy.Admin.Pages;

/// <summary>One fetch that has ended. Words are in lower case, as metrics and <c>Cache-Status</c> have them.</summary>
/// <param name="Number">Counts the fetches since the start of the node.</param>
/// <param name="Started">When the request came.</param>
/// <param name="Door"><c>http</c>, <c>ssh</c>, or <c>farm</c> for a question of another node.</param>
/// <param name="Repo"><c>host/path</c>.</param>
/// <param name="Credential">A digest of the credential, the same while the node runs, or <c>anonymous</c>.</param>
/// <param name="ProtocolVersion">0, 1 or 2; null if the request does not say it clearly.</param>
/// <param name="Asked">Its request; null if the node did not understand or did not read it.</param>
/// <param name="Outcome"><c>hit</c>, <c>join</c>, <c>local</c>, <c>peer</c>, <c>forward</c> or <c>bypass</c>; null if nothing was
/// served.</param>
/// <param name="Reason">Why the request was forwarded unchanged, or refused by the node; null in every other case.</param>
/// <param name="Kept">The node keeps the pack, or means to.</param>
/// <param name="RefsAgeSeconds">In an outage: the age of the refs that the response relies on; null if the primary was asked.</param>
/// <param name="End">How it ended.</param>
/// <param name="Trouble">The failure; null if there was none.</param>
/// <param name="Bytes">Bytes sent.</param>
/// <param name="Milliseconds">How long each phase took.</param>
/// <param name="Lfs">The download of an LFS object: how it was asked; null for a fetch.</param>
/// <param name="Peer">The node of the farm that served it; null if this node did, or the primary.</param>
/// <param name="From">The node of the farm that asked; null for a client.</param>
/// <param name="Address">The client's address; null for another node.</param>
/// <param name="Miss">Why the mirror did not serve it, if another node or the primary did; null in every other case.</param>
internal sealed record FetchStatus(
    long Number,
    DateTimeOffset Started,
    string Door,
    string Repo,
    string Credential,
    int? ProtocolVersion,
    AskedFetch? Asked,
    string? Outcome,
    string? Reason,
    bool Kept,
    double? RefsAgeSeconds,
    string End,
    string? Trouble,
    long Bytes,
    FetchMilliseconds Milliseconds,
    AskedLfs? Lfs = null,
    string? Peer = null,
    string? From = null,
    string? Address = null,
    string? Miss = null
)
{
    public static FetchStatus Of(FetchRecord record) =>
        new(
            record.Number,
            record.Started,
            record.Door,
            record.Repository.ToString(),
            record.Credential,
            record.ProtocolVersion,
            record.Asked,
            record.Outcome?.ToWord(),
            record.Reason?.ToWord() ?? record.Refusal?.ToWord(),
            record.IsKept,
            record.RefsAge?.TotalSeconds,
            record.End.ToWord(),
            record.Trouble,
            record.Bytes,
            FetchMilliseconds.Of(record.Times),
            record.Lfs,
            record.Peer,
            record.From,
            record.Address,
            record.Miss?.ToWord()
        );
}
