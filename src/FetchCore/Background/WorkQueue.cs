using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Background;

/// <summary>
/// The one queue of work on repositories. The piece that is due longest begins first, one piece at a time for a repository. Lanes keep
/// large work from delaying small work, and each primary has a limit. A failed piece waits exponentially longer, with jitter. Waiting and
/// failed pieces outlive a restart.
/// </summary>
public sealed class WorkQueue : BackgroundService
{
    /// <summary>The shortest time between two writings of the journal.</summary>
    private static readonly TimeSpan s_writeEvery = TimeSpan.FromSeconds(1);

    /// <summary>The time between two writings for each piece: a long queue takes longer to write.</summary>
    private static readonly TimeSpan s_writeEveryOfPiece = TimeSpan.FromMilliseconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(WorkKind Kind, RepositoryName Repository), WorkPiece> _pieces = [];

    /// <summary>Pieces that do not run, the one that is due longest first.</summary>
    private readonly SortedSet<WorkPiece> _waiting = new(WorkPiece.ByDue);
    private readonly HashSet<WorkPiece> _running = [];
    private readonly Dictionary<WorkKind, RepositoryWork> _kinds;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private readonly WorkOptions _options;
    private readonly WorkJournal _journal;
    private readonly WorkMeters _meters;
    private readonly TimeProvider _time;
    private readonly ILogger<WorkQueue> _logger;
    private CancellationToken _stopping;
    private long _lastPiece;
    private long _writtenAt;
    private bool _isChanged;

    /// <summary>Takes up the work that an earlier run left.</summary>
    public WorkQueue(
        IEnumerable<RepositoryWork> kinds,
        WorkOptions options,
        DataFolder folder,
        WorkMeters meters,
        TimeProvider time,
        ILogger<WorkQueue> logger
    )
    {
        ArgumentNullException.ThrowIfNull(meters);
        ArgumentNullException.ThrowIfNull(time);
        _kinds = kinds.ToDictionary(static kind => kind.Kind);
        _options = options;
        _journal = new WorkJournal(folder);
        _meters = meters;
        _time = time;
        _logger = logger;
        DateTimeOffset now = time.GetUtcNow();
        foreach (WorkEntry left in _journal.Read().Where(left => _kinds.ContainsKey(left.Kind)))
        {
            // A clock that jumped between the runs neither hides work for long nor rushes it.
            TimeSpan wait = left.Due - now;
            wait =
                wait < TimeSpan.Zero ? TimeSpan.Zero
                : wait > WorkDelays.Longest ? WorkDelays.Longest
                : wait;
            WorkPiece piece = Add(left.Kind, left.Repository);
            (piece.Failures, piece.LastError) = (left.Failures, left.LastError);
            Wait(piece, Stamp(wait));
        }

        _writtenAt = Stamp(-WorkDelays.Longest);
        meters.Observe(
            () => Count(() => _waiting.Count),
            () => Count(() => _running.Count),
            () => Count(() => _pieces.Values.Count(static piece => piece.Failures > 0))
        );
    }

    /// <summary>The pieces that wait, run or failed; the piece that is due longest comes first.</summary>
    public IReadOnlyList<WorkEntry> Entries()
    {
        lock (_gate)
        {
            return [.. EntriesNow()];
        }
    }

    /// <summary>
    /// Enqueues a piece of work: once, however often it is enqueued before it begins; and once more if it is running, because it may have
    /// looked already. A failed piece that waits for its next try is tried at once.
    /// </summary>
    /// <param name="kind">The kind of work.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="after">The time before which it does not begin.</param>
    public void Enqueue(WorkKind kind, RepositoryName repository, TimeSpan after = default)
    {
        long due = Stamp(after);
        lock (_gate)
        {
            if (!_pieces.TryGetValue((kind, repository), out WorkPiece? piece))
            {
                Wait(Add(kind, repository), due);
            }
            else if (piece.Running is not null)
            {
                piece.AskedAgain = piece.AskedAgain is { } again ? Math.Min(again, due) : due;
            }
            else
            {
                Wait(piece, Math.Min(piece.Due, due));
            }

            _isChanged = true;
        }

        Wake();
    }

    /// <summary>Removes all pieces of a repository, cancels the running one, and waits for its end.</summary>
    public async Task CancelAsync(RepositoryName repository)
    {
        List<Task> running = [];
        List<CancellationTokenSource> ends = [];
        lock (_gate)
        {
            foreach (WorkPiece piece in _pieces.Values.Where(piece => piece.Repository == repository).ToList())
            {
                if (piece.Running is { } end)
                {
                    piece.AskedAgain = null;
                    running.Add(end);
                    ends.Add(piece.Stopping!);
                }
                else
                {
                    Remove(piece);
                }
            }

            _isChanged = true;
        }

        foreach (CancellationTokenSource end in ends)
        {
            await end.CancelAsync();
        }

        await Task.WhenAll(running);
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _stopping = stoppingToken;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                TimeSpan wait = BeginWhatIsDue(stoppingToken);
                TimeSpan unwritten = WriteDownInTime();
                wait = wait < unwritten ? wait : unwritten;
                using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                await Task.WhenAny(_wake.Reader.WaitToReadAsync(either.Token).AsTask(), Task.Delay(wait, _time, either.Token));
                await either.CancelAsync();
                _wake.Reader.TryRead(out _);
            }
        }
        finally
        {
            Task[] running;
            lock (_gate)
            {
                running = [.. _running.Select(static piece => piece.Running).OfType<Task>()];
            }

            await Task.WhenAll(running);
            WriteDown();
        }
    }

    private long Stamp(TimeSpan after) => _time.GetTimestamp() + (long)(after.TotalSeconds * _time.TimestampFrequency);

    private void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Begins all that may begin; returns how long until the next may be due.</summary>
    private TimeSpan BeginWhatIsDue(CancellationToken stopping)
    {
        long now = _time.GetTimestamp();
        lock (_gate)
        {
            var lanes = new WorkLanes(_options, _running.Select(piece => (LaneOf(piece), piece.Repository)));
            List<WorkPiece> entered = [];
            long? next = null;
            foreach (WorkPiece piece in _waiting)
            {
                if (piece.Due > now)
                {
                    next = piece.Due;
                    break;
                }

                if (lanes.TryEnter(LaneOf(piece), piece.Repository))
                {
                    entered.Add(piece);
                }
            }

            foreach (WorkPiece piece in entered)
            {
                _waiting.Remove(piece);
                _running.Add(piece);
                piece.Stopping = CancellationTokenSource.CreateLinkedTokenSource(stopping);
                piece.Running = RunAsync(piece, piece.Stopping);
            }

            return next is { } due ? _time.GetElapsedTime(now, due) : WorkDelays.Longest;
        }
    }

    private WorkLane LaneOf(WorkPiece piece) => _kinds[piece.Kind].Lane;

    [SuppressMessage("Design", "CA1031", Justification = "Whatever ends a piece of work must end nothing else.")]
    private async Task RunAsync(WorkPiece piece, CancellationTokenSource stopping)
    {
        await Task.Yield();
        using Activity? span = Spans.Begin(piece.Kind.ToWord())?.SetTag("repository", piece.Repository.ToString());
        string? error = null;
        bool cancelled = false;
        try
        {
            await _kinds[piece.Kind].RunAsync(piece.Repository, stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            cancelled = true;
        }
        catch (Exception e)
        {
            error = e.Message;
            span?.SetStatus(ActivityStatusCode.Error, error);
        }

        lock (_gate)
        {
            _running.Remove(piece);
            piece.Running = null;
            piece.Stopping = null;
            if (error is not null)
            {
                piece.Failures++;
                piece.LastError = error;
                Wait(piece, Stamp(WorkDelays.After(piece.Failures)));
                _logger.WorkFailed(piece.Repository, piece.Kind.ToString(), error);
            }
            else if (piece.AskedAgain is { } again)
            {
                (piece.Failures, piece.LastError) = (0, null);
                Wait(piece, again);
            }
            else if (!cancelled || !_stopping.IsCancellationRequested)
            {
                // Work that the node's end has interrupted stays, and begins again at the next start.
                Remove(piece);
            }
            else
            {
                Wait(piece, piece.Due);
            }

            piece.AskedAgain = null;
            _isChanged = true;
        }

        stopping.Dispose();
        _meters.Done(
            piece.Kind,
            cancelled ? "cancelled"
                : error is null ? "done"
                : "failed"
        );
        Wake();
    }

    /// <summary>The caller has the lock.</summary>
    private WorkPiece Add(WorkKind kind, RepositoryName repository) =>
        _pieces[(kind, repository)] = new WorkPiece(kind, repository, ++_lastPiece);

    /// <summary>A piece that does not run waits until then. The caller has the lock.</summary>
    private void Wait(WorkPiece piece, long due)
    {
        _waiting.Remove(piece);
        piece.Due = due;
        _waiting.Add(piece);
    }

    /// <summary>The caller has the lock.</summary>
    private void Remove(WorkPiece piece)
    {
        _waiting.Remove(piece);
        _pieces.Remove((piece.Kind, piece.Repository));
    }

    private int Count(Func<int> count)
    {
        lock (_gate)
        {
            return count();
        }
    }

    /// <summary>Writes the journal, but not so often that a long queue would do nothing else. Returns the time until it wants to be written
    /// again.</summary>
    private TimeSpan WriteDownInTime()
    {
        int pieces;
        lock (_gate)
        {
            if (!_isChanged)
            {
                return WorkDelays.Longest;
            }

            pieces = _pieces.Count;
        }

        TimeSpan every = pieces * s_writeEveryOfPiece is var all && all > s_writeEvery ? all : s_writeEvery;
        TimeSpan left = every - _time.GetElapsedTime(_writtenAt);
        if (left > TimeSpan.Zero)
        {
            return left;
        }

        WriteDown();
        _writtenAt = _time.GetTimestamp();
        return WorkDelays.Longest;
    }

    private void WriteDown()
    {
        List<WorkEntry> entries;
        lock (_gate)
        {
            if (!_isChanged)
            {
                return;
            }

            _isChanged = false;
            entries = [.. EntriesNow()];
        }

        _journal.Write(entries);
    }

    /// <summary>The caller has the lock.</summary>
    private IEnumerable<WorkEntry> EntriesNow()
    {
        long stamp = _time.GetTimestamp();
        DateTimeOffset now = _time.GetUtcNow();
        return _pieces
            .Values.OrderBy(static piece => piece.Due)
            .Select(piece => new WorkEntry(
                piece.Kind,
                piece.Repository,
                now + _time.GetElapsedTime(stamp, piece.Due),
                piece.Running is not null,
                piece.Failures,
                piece.LastError
            ));
    }
}
