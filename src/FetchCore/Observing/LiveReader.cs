using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace Waystation.FetchCore.Observing;

/// <summary>
/// The events of <see cref="LiveFetches"/> from one moment on, for one reader. A reader that is slow loses the oldest events, and hears how
/// many: no fetch waits for a reader.
/// </summary>
public sealed class LiveReader : IDisposable
{
    /// <summary>The events that a reader may be behind.</summary>
    public const int MaxBehind = 1_000;

    private readonly LiveFetches _fetches;
    private readonly Channel<LiveEvent> _events;
    private long _missed;

    internal LiveReader(LiveFetches fetches)
    {
        _fetches = fetches;
        _events = Channel.CreateBounded<LiveEvent>(
            new BoundedChannelOptions(MaxBehind) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Interlocked.Increment(ref _missed)
        );
    }

    /// <summary>Waits for the next event.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _events.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>The next event, if it is there.</summary>
    /// <param name="missed">The number of events that were lost before it since the last call.</param>
    /// <param name="next">The event.</param>
    public bool TryRead(out long missed, [NotNullWhen(true)] out LiveEvent? next)
    {
        bool any = _events.Reader.TryRead(out next);
        missed = any ? Interlocked.Exchange(ref _missed, 0) : 0;
        return any;
    }

    /// <inheritdoc />
    public void Dispose() => _fetches.Leave(this);

    internal void Tell(LiveEvent news) => _events.Writer.TryWrite(news);
}
