using Waystation.CacheStore.Mirrors.Snapshots;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Snapshots;

/// <summary>The answer to a request for a snapshot.</summary>
public abstract record SnapshotAnswer
{
    private SnapshotAnswer() { }

    /// <summary>The client may have it; the caller disposes it.</summary>
    public sealed record Given(MirrorSnapshot Snapshot) : SnapshotAnswer;

    /// <summary>The client must clone instead.</summary>
    public sealed record Refused(SnapshotRefusal Reason) : SnapshotAnswer;
}
