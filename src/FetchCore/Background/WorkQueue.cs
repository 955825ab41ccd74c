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
    private static readonly TimeSpan s_writeEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(WorkKind Kind, RepositoryName Repository), WorkPiece> _pieces = [];
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
            _pieces[(left.Kind, left.Repository)] = new WorkPiece(left.Kind, left.Repository)
            {
                Due = Stamp(wait),
                Failures = left.Failures,
                LastError = left.LastError,
            };
        }

        meters.Observe(
            () => Entries().Count(static entry => !entry.IsRunning),
            () => Entries().Count(static entry => entry.IsRunning),
            () => Entries().Count(static entry => entry.Failures > 0)
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
                _pieces[(kind, repository)] = piece = new WorkPiece(kind, repository) { Due = due };
            }
            else if (piece.Running is not null)
            {
                piece.AskedAgain = piece.AskedAgain is { } again ? Math.Min(again, due) : due;
            }
            else
            {
                piece.Due = Math.Min(piece.Due, due);
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
                    _pieces.Remove((piece.Kind, piece.Repository));
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
                WriteDown();
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
                running = [.. _pieces.Values.Select(static piece => piece.Running).OfType<Task>()];
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
            var lanes = new WorkLanes(
                _options,
                _pieces.Values.Where(static piece => piece.Running is not null).Select(piece => (LaneOf(piece), piece.Repository))
            );
            foreach (
                WorkPiece piece in _pieces
                    .Values.Where(piece => piece.Running is null && piece.Due <= now)
                    .OrderBy(static piece => piece.Due)
                    .Where(piece => lanes.TryEnter(LaneOf(piece), piece.Repository))
                    .ToList()
            )
            {
                piece.Stopping = CancellationTokenSource.CreateLinkedTokenSource(stopping);
                piece.Running = RunAsync(piece, piece.Stopping);
            }

            long? next = _pieces.Values.Where(piece => piece.Running is null && piece.Due > now).Min(static piece => (long?)piece.Due);
            TimeSpan wait = next is { } due ? _time.GetElapsedTime(now, due) : WorkDelays.Longest;
            return _isChanged && wait > s_writeEvery ? s_writeEvery : wait;
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
            piece.Running = null;
            piece.Stopping = null;
            if (error is not null)
            {
                piece.Failures++;
                piece.LastError = error;
                piece.Due = Stamp(WorkDelays.After(piece.Failures));
                _logger.WorkFailed(piece.Repository, piece.Kind.ToString(), error);
            }
            else if (piece.AskedAgain is { } again)
            {
                (piece.Due, piece.Failures, piece.LastError) = (again, 0, null);
            }
            else if (!cancelled || !_stopping.IsCancellationRequested)
            {
                // Work that the node's end has interrupted stays, and begins again at the next start.
                _pieces.Remove((piece.Kind, piece.Repository));
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
