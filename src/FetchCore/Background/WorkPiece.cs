using Waystation.CacheStore;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Background;

/// <summary>A piece of work in the queue. Its owner guards it.</summary>
/// <param name="kind">The kind of work.</param>
/// <param name="repository">The repository.</param>
/// <param name="number">No other piece has it. Among pieces that are due at the same time the lowest comes first.</param>
internal sealed class WorkPiece(WorkKind kind, RepositoryName repository, long number)
{
    /// <summary>The piece that is due longest comes first.</summary>
    public static readonly Comparer<WorkPiece> ByDue = Comparer<WorkPiece>.Create(
        static (a, b) => a.Due != b.Due ? a.Due.CompareTo(b.Due) : a._number.CompareTo(b._number)
    );

    private readonly long _number = number;

    public WorkKind Kind => kind;

    public RepositoryName Repository => repository;

    /// <summary>The timestamp before which it does not begin. It changes only while the piece is in no order.</summary>
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
