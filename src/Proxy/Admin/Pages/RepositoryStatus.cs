using Waystation.FetchCore.Observing;

namespace Waystation.Proxy.Admin.Pages;

/// <summary>The things that the node keeps of one repository, and how it fares.</summary>
/// <param name="Repo"><c>host/path</c>.</param>
/// <param name="ObjectFormat"><c>sha1</c> or <c>sha256</c>; null without a mirror.</param>
/// <param name="MirrorBytes">Bytes of the mirror's packs.</param>
/// <param name="Refs">Refs of the mirror.</param>
/// <param name="HoldsOrphans">Whether it may have objects that no ref leads to.</param>
/// <param name="LastUsed">The time of the last response that was made from it; null without a mirror.</param>
/// <param name="LfsBytes">Bytes of the Git LFS objects that it refers to. Shared objects count for each repository.</param>
/// <param name="Packs">Cached packs.</param>
/// <param name="PackBytes">Bytes of the cached packs.</param>
/// <param name="LastSync">When the mirror was last seen to have what the primary has; null if that is not known since the start.</param>
/// <param name="LagSeconds">How long the mirror is known to lack refs of the primary; null if nothing is known to lack.</param>
/// <param name="Fetches">How clients were served since the start; null if there was no fetch.</param>
/// <param name="Health"><c>ok</c>, <c>behind</c>, <c>failing</c>, <c>outage</c>, <c>excluded</c> or <c>foreign</c>.</param>
/// <param name="Trouble">The reason in a sentence; null if all is well.</param>
internal sealed record RepositoryStatus(
    string Repo,
    string? ObjectFormat,
    long MirrorBytes,
    int Refs,
    bool HoldsOrphans,
    DateTime? LastUsed,
    long LfsBytes,
    int Packs = 0,
    long PackBytes = 0,
    DateTimeOffset? LastSync = null,
    double? LagSeconds = null,
    RepositoryTally? Fetches = null,
    string Health = RepositoryHealth.Ok,
    string? Trouble = null
);
