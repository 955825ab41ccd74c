namespace Waystation.Farm.Announcements;

/// <summary>
/// The announcements of this node that are not in the stream yet. Each has its number before it waits, so those that are dropped leave a
/// gap that the other nodes see.
/// </summary>
internal sealed class AnnouncementQueue(string from) : IDisposable
{
    /// <summary>Announcements that wait; the oldest ones are dropped.</summary>
    private const int MostWaiting = 10_000;

    private const int MostAtOnce = 128;

    private readonly Lock _gate = new();
    private readonly LinkedList<SealedAnnouncement> _waiting = new();
    private readonly SemaphoreSlim _some = new(0, 1);
    private long _number;
    private long _written;

    /// <summary>This start of the node.</summary>
    public Guid Sender { get; } = Guid.NewGuid();

    /// <summary>The number of the last announcement that Redis has confirmed.</summary>
    public long Written => Interlocked.Read(ref _written);

    public void Add(string kind, ReadOnlyMemory<byte> content)
    {
        lock (_gate)
        {
            _waiting.AddLast(new SealedAnnouncement(Sender, ++_number, from, kind, content.ToArray()));
            if (_waiting.Count > MostWaiting)
            {
                _waiting.RemoveFirst();
            }

            if (_some.CurrentCount == 0)
            {
                _some.Release();
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _some.Dispose();

    /// <summary>Waits until there are some.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _some.WaitAsync(cancellationToken);

    /// <summary>The oldest ones; they stay until <see cref="Confirm"/>.</summary>
    public IReadOnlyList<SealedAnnouncement> Oldest()
    {
        lock (_gate)
        {
            return [.. _waiting.Take(MostAtOnce)];
        }
    }

    /// <summary>Removes all up to this number: they are in the stream.</summary>
    public void Confirm(long number)
    {
        lock (_gate)
        {
            while (_waiting.First is { } first && first.Value.Number <= number)
            {
                _waiting.RemoveFirst();
            }
        }

        Interlocked.Exchange(ref _written, number);
    }
}
