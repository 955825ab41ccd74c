namespace Waystation.Primaries.Gate;

/// <summary>
/// The signs that a primary is alive: its answers, the bytes that come from it, and reads that succeed at the second try.
/// </summary>
internal sealed class PrimarySigns(TimeProvider time)
{
    /// <summary>How long a read that failed and succeeded at the second try speaks against an outage.</summary>
    private static readonly TimeSpan s_unevenFor = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private long _answers;
    private long _heardAt = long.MinValue;
    private long? _unevenAt;

    /// <summary>The number of answers so far.</summary>
    public long Answers => Interlocked.Read(ref _answers);

    /// <summary>Whether a read failed by a status a short while ago, and was answered when it was sent again.</summary>
    public bool IsUneven
    {
        get
        {
            lock (_gate)
            {
                return _unevenAt is { } at && time.GetElapsedTime(at) < s_unevenFor;
            }
        }
    }

    /// <summary>The primary answered a request.</summary>
    public void NoteAnswer()
    {
        Interlocked.Increment(ref _answers);
        NoteBytes();
    }

    /// <summary>Bytes came from the primary.</summary>
    public void NoteBytes() => Interlocked.Exchange(ref _heardAt, time.GetTimestamp());

    /// <summary>A read failed by a status, and was answered when it was sent again.</summary>
    public void NoteUneven()
    {
        lock (_gate)
        {
            _unevenAt = time.GetTimestamp();
        }
    }

    /// <summary>Whether bytes came in the second half of the time since then. Bytes in the first half may have been the last.</summary>
    public bool HasBytesSinceHalfOf(long begun)
    {
        long now = time.GetTimestamp();
        return Interlocked.Read(ref _heardAt) > begun + ((now - begun) / 2);
    }
}
