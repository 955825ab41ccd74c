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
    private static readonly TimeSpan s_firstDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_writeEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(WorkKind Kind, RepositoryName Repository), Piece> _pieces = [];
    private readonly Dictionary<WorkKind, RepositoryWork> _kinds;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private readonly WorkOptions _options;
    private readonly Journal<List<Line>> _journal;
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
        _journal = new Journal<List<Line>>(folder, "queue.json");
        _meters = meters;
        _time = time;
        _logger = logger;
        DateTimeOffset now = time.GetUtcNow();
        foreach (Line line in _journal.Read() ?? [])
        {
            if (Enum.TryParse(line.Kind, out WorkKind kind) && _kinds.ContainsKey(kind))
            {
                // A clock that jumped between the runs neither hides work for long nor rushes it.
                TimeSpan wait = line.Due - now;
                wait =
                    wait < TimeSpan.Zero ? TimeSpan.Zero
                    : wait > s_longestDelay ? s_longestDelay
                    : wait;
                var piece = new Piece(kind, new RepositoryName(line.Host, line.Path))
                {
                    Due = Stamp(wait),
                    Failures = line.Failures,
                    LastError = line.Error,
                };
                _pieces[(kind, piece.Repository)] = piece;
            }
        }

        meters.Observe(
            () => Entries().Count(static entry => !entry.IsRunning),
            () => Entries().Count(static entry => entry.IsRunning),
            () => Entries().Count(static entry => entry.Failures > 0)
        );
    }

    /// <summary>What waits, runs or failed, due longest first.</summary>
    public IReadOnlyList<WorkEntry> Entries()
    {
        long stamp = _time.GetTimestamp();
        DateTimeOffset now = _time.GetUtcNow();
        lock (_gate)
        {
            return
            [
                .. _pieces
                    .Values.OrderBy(static piece => piece.Due)
                    .Select(piece => new WorkEntry(
                        piece.Kind,
                        piece.Repository,
                        now + _time.GetElapsedTime(stamp, piece.Due),
                        piece.Running is not null,
                        piece.Failures,
                        piece.LastError
                    )),
            ];
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
            if (!_pieces.TryGetValue((kind, repository), out Piece? piece))
            {
                _pieces[(kind, repository)] = piece = new Piece(kind, repository) { Due = due };
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
            foreach (Piece piece in _pieces.Values.Where(piece => piece.Repository == repository).ToList())
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
            HashSet<RepositoryName> busy = [.. Running().Select(static piece => piece.Repository)];
            Dictionary<WorkLane, int> lanes = Running().GroupBy(LaneOf).ToDictionary(static lane => lane.Key, static lane => lane.Count());
            Dictionary<string, int> primaries = Running()
                .GroupBy(static piece => piece.Repository.Host, StringComparer.Ordinal)
                .ToDictionary(static host => host.Key, static host => host.Count(), StringComparer.Ordinal);
            foreach (
                Piece piece in _pieces
                    .Values.Where(piece => piece.Running is null && piece.Due <= now)
                    .OrderBy(static piece => piece.Due)
                    .ToList()
            )
            {
                WorkLane lane = LaneOf(piece);
                string host = piece.Repository.Host;
                if (
                    lanes.GetValueOrDefault(lane) >= (lane == WorkLane.Small ? _options.Small : _options.Large)
                    || primaries.GetValueOrDefault(host) >= _options.PerPrimary
                    || !busy.Add(piece.Repository)
                )
                {
                    continue;
                }

                lanes[lane] = lanes.GetValueOrDefault(lane) + 1;
                primaries[host] = primaries.GetValueOrDefault(host) + 1;
                piece.Stopping = CancellationTokenSource.CreateLinkedTokenSource(stopping);
                piece.Running = RunAsync(piece, piece.Stopping);
            }

            long? next = _pieces.Values.Where(piece => piece.Running is null && piece.Due > now).Min(static piece => (long?)piece.Due);
            TimeSpan wait = next is { } due ? _time.GetElapsedTime(now, due) : s_longestDelay;
            return _isChanged && wait > s_writeEvery ? s_writeEvery : wait;
        }
    }

    private IEnumerable<Piece> Running() => _pieces.Values.Where(static piece => piece.Running is not null);

    private WorkLane LaneOf(Piece piece) => _kinds[piece.Kind].Lane;

    [SuppressMessage("Design", "CA1031", Justification = "Whatever ends a piece of work must end nothing else.")]
    private async Task RunAsync(Piece piece, CancellationTokenSource stopping)
    {
        await Task.Yield();
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
        }

        lock (_gate)
        {
            piece.Running = null;
            piece.Stopping = null;
            if (error is not null)
            {
                piece.Failures++;
                piece.LastError = error;
                piece.Due = Stamp(DelayAfter(piece.Failures));
                _logger.WorkFailed(piece.Repository, piece.Kind.ToString(), error);
            }
            else if (piece.AskedAgain is { } again)
            {
                (piece.Due, piece.Failures, piece.LastError) = (again, 0, null);
            }
            else if (!cancelled || !_stopping.IsCancellationRequested)
            {
                // What the node's end cut short stays, and begins again at the next start.
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

    /// <summary>Twice as long each time, up to an hour, and half of it by chance.</summary>
    [SuppressMessage("Security", "CA5394", Justification = "It spreads load and keeps no secret.")]
    private static TimeSpan DelayAfter(int failures)
    {
        TimeSpan full = failures > 12 ? s_longestDelay : s_firstDelay * Math.Pow(2, failures - 1);
        full = full > s_longestDelay ? s_longestDelay : full;
        return full * (0.5 + (Random.Shared.NextDouble() / 2));
    }

    private void WriteDown()
    {
        List<Line> lines;
        lock (_gate)
        {
            if (!_isChanged)
            {
                return;
            }

            _isChanged = false;
            DateTimeOffset now = _time.GetUtcNow();
            long stamp = _time.GetTimestamp();
            lines =
            [
                .. _pieces.Values.Select(piece => new Line(
                    piece.Kind.ToString(),
                    piece.Repository.Host,
                    piece.Repository.Path,
                    now + _time.GetElapsedTime(stamp, piece.Due),
                    piece.Failures,
                    piece.LastError
                )),
            ];
        }

        _journal.Write(lines);
    }

    private sealed class Piece(WorkKind kind, RepositoryName repository)
    {
        public WorkKind Kind => kind;

        public RepositoryName Repository => repository;

        public long Due { get; set; }

        public int Failures { get; set; }

        public string? LastError { get; set; }

        public Task? Running { get; set; }

        public CancellationTokenSource? Stopping { get; set; }

        public long? AskedAgain { get; set; }
    }

    private sealed record Line(string Kind, string Host, string Path, DateTimeOffset Due, int Failures, string? Error);
}
