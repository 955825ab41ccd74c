using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;

namespace Waystation.FetchCore.Work;

/// <summary>
/// In whose name a mirror is brought up to date: what this credential was shown, and the primary as it is asked with it. Held
/// for the request and the one sync that it started.
/// </summary>
/// <param name="View">What it was shown.</param>
/// <param name="Primary">The primary, asked in its name.</param>
/// <param name="ProtocolVersion">The version that the client speaks, and so the primary.</param>
/// <param name="Refused">Told where the primary refuses it.</param>
public sealed record SyncAsker(AccessView View, IPrimary Primary, int ProtocolVersion, Action<PrimaryReply> Refused)
{
    /// <summary>An outage: the view is a record of what was shown, and no refs are to follow it.</summary>
    public bool IsRecorded { get; init; }
}
