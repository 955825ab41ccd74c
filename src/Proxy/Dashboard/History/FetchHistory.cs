using System.Diagnostics.Metrics;
using Waystation.CacheStore.Disk;
using Waystation.FetchCore.Observing;

namespace Waystation.Proxy.Dashboard.History;

/// <summary>
/// The last 24 hours by the minute. It listens to the program's own counters, so it agrees with the metrics. Every ten seconds it writes
/// what has changed: a node that is killed loses no more than that.
/// </summary>
internal sealed class FetchHistory : BackgroundService
{
    /// <summary>How often it writes.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    private static readonly Dictionary<string, HistoryMeasure> s_counters = new(StringComparer.Ordinal)
    {
        ["waystation_fetches_total"] = HistoryMeasure.Fetches,
        ["waystation_fetch_bytes_total"] = HistoryMeasure.FetchBytes,
        ["waystation_lfs_downloads_total"] = HistoryMeasure.LfsDownloads,
        ["waystation_lfs_bytes_total"] = HistoryMeasure.LfsBytes,
        ["waystation_upstream_requests_total"] = HistoryMeasure.Upstream,
        ["waystation_outage"] = HistoryMeasure.Outage,
    };

    private static readonly Dictionary<string, int> s_outcomes = Enum.GetValues<FetchOutcome>()
        .ToDictionary(static outcome => outcome.ToWord(), static outcome => (int)outcome, StringComparer.Ordinal);

    private readonly MinuteRing _minutes = new();
    private readonly MeterListener _listener = new();
    private readonly DataFolder _folder;
    private readonly TimeProvider _time;
    private readonly ILogger<FetchHistory> _logger;
    private HistoryFile? _file;
    private bool _hasFailed;

    /// <param name="folder">The data folder; its file is <c>history</c>.</param>
    /// <param name="meter">The program's meter.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public FetchHistory(DataFolder folder, Meter meter, TimeProvider time, ILogger<FetchHistory> logger)
    {
        (_folder, _time, _logger) = (folder, time, logger);
        TryOnDisk(Open);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == meter && s_counters.TryGetValue(instrument.Name, out HistoryMeasure measure))
            {
                listener.EnableMeasurementEvents(instrument, measure);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, amount, tags, measure) => Count((HistoryMeasure)measure!, amount, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, _, _) => NoteOutage(value));
        _listener.Start();
    }

    private long Minute => _time.GetUtcNow().ToUnixTimeSeconds() / 60;

    /// <summary>
    /// The last periods, the oldest first. The last one is that of now: it ends at a full quarter of an hour, or whatever its length is, so
    /// that bars grow and do not move.
    /// </summary>
    /// <param name="count">The number of periods.</param>
    /// <param name="minutes">Minutes of each.</param>
    public IReadOnlyList<HistoryPeriod> Last(int count, int minutes) =>
        _minutes.Sum((Minute / minutes * minutes) + minutes - 1, count, minutes);

    /// <summary>Writes what has changed.</summary>
    public void Write()
    {
        _minutes.Note(Minute);
        _listener.RecordObservableInstruments();
        var changed = new Queue<HistoryMinute>(_minutes.TakeChanged());
        TryOnDisk(() =>
        {
            for (; changed.TryPeek(out HistoryMinute? minute); changed.Dequeue())
            {
                _file?.Write(minute);
            }
        });
        foreach (HistoryMinute left in changed)
        {
            _minutes.Note(left.Minute);
        }
    }

    public override void Dispose()
    {
        _listener.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, _time);
        try
        {
            do
            {
                Write();
            } while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            Write();
        }
    }

    private void Open()
    {
        if (!_folder.IsWritable)
        {
            return;
        }

        _file = HistoryFile.Open(Path.Combine(_folder.Root, "history"), _folder.NewTemporaryPath(".history"));
        foreach (HistoryMinute minute in _file.Read())
        {
            _minutes.Restore(minute);
        }
    }

    private void Count(HistoryMeasure measure, long amount, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (amount <= 0)
        {
            return;
        }

        if (measure == HistoryMeasure.Upstream)
        {
            _minutes.Add(Minute, (int)measure, amount);
            return;
        }

        foreach (KeyValuePair<string, object?> tag in tags)
        {
            if (tag is { Key: "outcome", Value: string word } && s_outcomes.TryGetValue(word, out int outcome))
            {
                _minutes.Add(Minute, (int)measure + outcome, amount);
            }
        }
    }

    private void NoteOutage(int value)
    {
        if (value > 0)
        {
            _minutes.Set(Minute, (int)HistoryMeasure.Outage, 1);
        }
    }

    /// <summary>The history is a convenience: a disk that refuses costs its copy on disk, and nothing else.</summary>
    private void TryOnDisk(Action act)
    {
        try
        {
            act();
            _hasFailed = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_hasFailed)
            {
                _logger.HistoryNotWritten(e.Message);
            }

            _hasFailed = true;
        }
    }
}
