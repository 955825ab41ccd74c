using Waystation.FetchCore.Observing;

namespace Waystation.Proxy.Admin.Pages;

/// <summary>One fetch under way. Its words are those of <see cref="FetchStatus"/>.</summary>
/// <param name="Id">Counts the fetches since the start of the node, in the order of their beginnings.</param>
/// <param name="Started">When the request came.</param>
/// <param name="Door"><c>http</c>, <c>ssh</c>, or <c>farm</c> for a question of another node.</param>
/// <param name="Repo"><c>host/path</c>.</param>
/// <param name="Credential">A digest of the credential, or <c>anonymous</c>.</param>
/// <param name="Address">The client's address; null for another node.</param>
/// <param name="From">The node of the farm that asks; null for a client.</param>
/// <param name="ProtocolVersion">0, 1 or 2; null if the request does not say it clearly.</param>
/// <param name="Asked">Its request; null if the node did not understand or did not read it.</param>
/// <param name="Lfs">The download of an LFS object: how it was asked; null for a fetch.</param>
/// <param name="Outcome">How it is served; null while that is not decided.</param>
/// <param name="Reason">Why it is forwarded unchanged; null in every other case.</param>
/// <param name="Miss">Why the mirror does not serve it; null in every other case.</param>
/// <param name="Peer">The node of the farm that serves it; null if this node does, or the primary.</param>
/// <param name="Phase"><c>access</c>, <c>turn</c>, <c>first-byte</c> or <c>send</c>.</param>
/// <param name="PhaseMilliseconds">How long this phase has lasted.</param>
/// <param name="TotalMilliseconds">The time since the request came.</param>
/// <param name="Bytes">Bytes sent so far.</param>
internal sealed record LiveStatus(
    long Id,
    DateTimeOffset Started,
    string Door,
    string Repo,
    string Credential,
    string? Address,
    string? From,
    int? ProtocolVersion,
    AskedFetch? Asked,
    AskedLfs? Lfs,
    string? Outcome,
    string? Reason,
    string? Miss,
    string? Peer,
    string Phase,
    double PhaseMilliseconds,
    double TotalMilliseconds,
    long Bytes
)
{
    public static LiveStatus Of(LiveFetch fetch) =>
        new(
            fetch.Id,
            fetch.Started,
            fetch.Door,
            fetch.Repository.ToString(),
            fetch.Credential,
            fetch.Address,
            fetch.From,
            fetch.ProtocolVersion,
            fetch.Asked,
            fetch.Lfs,
            fetch.Outcome?.ToWord(),
            fetch.Reason?.ToWord(),
            fetch.Miss?.ToWord(),
            fetch.Peer,
            fetch.Phase.ToWord(),
            FetchMilliseconds.Round(fetch.PhaseTime),
            FetchMilliseconds.Round(fetch.Total),
            fetch.Bytes
        );
}
