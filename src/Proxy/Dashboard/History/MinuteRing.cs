namespace Waystation.Proxy.Dashboard.History;

/// <summary>The minutes of the last day in memory. It knows which of them are to be written.</summary>
internal sealed class MinuteRing
{
    private readonly Lock _gate = new();
    private readonly HistoryMinute?[] _minutes = new HistoryMinute?[HistoryFile.Slots];
    private readonly HashSet<int> _changed = [];

    /// <summary>Takes over a minute of an earlier run.</summary>
    public void Restore(HistoryMinute minute)
    {
        lock (_gate)
        {
            _minutes[HistoryFile.PlaceOf(minute.Minute)] = minute;
        }
    }

    /// <summary>Adds to a number of a minute.</summary>
    public void Add(long minute, int place, long amount)
    {
        lock (_gate)
        {
            long[] numbers = NumbersOf(minute);
            numbers[place] = Math.Max(0, numbers[place] + amount);
        }
    }

    /// <summary>Sets a number of a minute.</summary>
    public void Set(long minute, int place, long value)
    {
        lock (_gate)
        {
            NumbersOf(minute)[place] = value;
        }
    }

    /// <summary>The node runs in this minute.</summary>
    public void Note(long minute)
    {
        lock (_gate)
        {
            _ = NumbersOf(minute);
        }
    }

    /// <summary>Takes the minutes that have changed since the last call.</summary>
    public IReadOnlyList<HistoryMinute> TakeChanged()
    {
        lock (_gate)
        {
            List<HistoryMinute> changed =
            [
                .. _changed.Select(place => _minutes[place]!).Select(static minute => minute with { Numbers = [.. minute.Numbers] }),
            ];
            _changed.Clear();
            return changed;
        }
    }

    /// <summary>The sums of periods of equal length, the oldest first; the last one ends with a minute.</summary>
    /// <param name="last">The last minute.</param>
    /// <param name="count">The number of periods.</param>
    /// <param name="length">Minutes of each.</param>
    public IReadOnlyList<HistoryPeriod> Sum(long last, int count, int length)
    {
        List<HistoryPeriod> periods = new(count);
        lock (_gate)
        {
            for (int i = 0; i < count; i++)
            {
                periods.Add(SumOf(last + 1 - ((long)(count - i) * length), length));
            }
        }

        return periods;
    }

    private HistoryPeriod SumOf(long first, int length)
    {
        long[] sums = new long[HistorySlot.Places];
        (int seen, int outage) = (0, 0);
        for (long minute = Math.Max(1, first); minute < first + length; minute++)
        {
            if (_minutes[HistoryFile.PlaceOf(minute)] is not { } held || held.Minute != minute)
            {
                continue;
            }

            seen++;
            outage += held.Numbers[(int)HistoryMeasure.Outage] > 0 ? 1 : 0;
            for (int place = 0; place < sums.Length; place++)
            {
                sums[place] += held.Numbers[place];
            }
        }

        return new HistoryPeriod(TimeOf(first), TimeOf(first + length), seen, outage, sums);
    }

    private long[] NumbersOf(long minute)
    {
        int place = HistoryFile.PlaceOf(minute);
        if (_minutes[place]?.Minute != minute)
        {
            _minutes[place] = new HistoryMinute(minute, new long[HistorySlot.Places]);
        }

        _changed.Add(place);
        return _minutes[place]!.Numbers;
    }

    private static DateTimeOffset TimeOf(long minute) => DateTimeOffset.UnixEpoch.AddMinutes(minute);
}
