using System.Diagnostics.Metrics;

namespace Waystation.Farm.Redis;

/// <summary>The metrics of the farm's Redis; their names are the program's contract.</summary>
public sealed class RedisMeters
{
    private readonly Meter _meter;
    private readonly Counter<long> _failed;
    private readonly Counter<long> _dropped;
    private readonly Histogram<double> _read;

    /// <summary>Makes the instruments on <paramref name="meter"/>.</summary>
    public RedisMeters(Meter meter)
    {
        ArgumentNullException.ThrowIfNull(meter);
        _meter = meter;
        _failed = meter.CreateCounter<long>(
            "waystation_redis_failed_total",
            description: "Commands to Redis that failed or were answered too late."
        );
        _dropped = meter.CreateCounter<long>(
            "waystation_redis_dropped_total",
            description: "Values that were not shared, because Redis is away or too many wait."
        );
        _read = meter.CreateHistogram(
            "waystation_redis_read_milliseconds",
            description: "Milliseconds of the reads of shared values for which a request waited.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.25, 0.5, 1, 2, 5, 10, 20, 50] }
        );
    }

    internal void Failed() => _failed.Add(1);

    internal void Dropped() => _dropped.Add(1);

    internal void Read(TimeSpan took) => _read.Record(took.TotalMilliseconds);

    internal void ObserveHere(Func<bool> isHere) =>
        _meter.CreateObservableGauge(
            "waystation_redis_here",
            () => isHere() ? 1 : 0,
            description: "1 if Redis answers, 0 if the node goes on without it."
        );
}
