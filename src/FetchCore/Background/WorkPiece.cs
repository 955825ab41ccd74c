using Waystation.CacheStore;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Background;

/// <summary>A piece of work in the queue. Its owner guards it.</summary>
internal sealed class WorkPiece(WorkKind kind, RepositoryName repository)
{
    public WorkKind Kind => kind;

    public RepositoryName Repository => repository;

    /// <summary>The timestamp before which it does not begin.</summary>
    public long Due { get; set; }

    /// <summary>Failures in a row.</summary>
    public int Failures { get; set; }

    /// <summary>The last failure; null if there was none.</summary>
    public string? LastError { get; set; }

    /// <summary>The run; null while the piece waits.</summary>
    public Task? Running { get; set; }

    /// <summary>Cancels the run.</summary>
    public CancellationTokenSource? Stopping { get; set; }

    /// <summary>It was enqueued again during its run: the timestamp before which it does not begin again.</summary>
    public long? AskedAgain { get; set; }
}
