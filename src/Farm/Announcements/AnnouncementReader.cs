namespace Waystation.Farm.Announcements;

/// <summary>Reads the stream of announcements, and knows whether this node has heard all of them.</summary>
internal sealed class AnnouncementReader(
    AnnouncementStream stream,
    AnnouncementQueue queue,
    string nodeName,
    TimeProvider time,
    ILogger logger
) : IDisposable
{
    /// <summary>The first entry of a node that begins to read. It only has a place.</summary>
    private const string Begin = "begin";

    /// <summary>Says to all nodes that announcements were lost.</summary>
    private const string Missed = "missed";

    private readonly SenderNumbers _numbers = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AnnouncementPosition? _last;
    private AnnouncementPosition _position;
    private AnnouncementPosition _floor;
    private long? _heardAllAt;
    private bool _isRefused;

    /// <summary>The parts of this node that hear.</summary>
    public Hearers Hearers { get; } = new(logger);

    /// <summary>The parts of this node that want to know the places of its own announcements.</summary>
    public Hearers OwnHearers { get; } = new(logger);

    /// <summary>The place of the last announcement that was heard.</summary>
    public AnnouncementPosition Position
    {
        get
        {
            lock (_gate)
            {
                return _position;
            }
        }
    }

    /// <summary>Everything after this place was heard.</summary>
    public AnnouncementPosition Floor
    {
        get
        {
            lock (_gate)
            {
                return _floor;
            }
        }
    }

    /// <summary>The time stamp of the last read after which nothing was left to read; null if there was none.</summary>
    public long? HeardAllAt
    {
        get
        {
            lock (_gate)
            {
                return _heardAllAt;
            }
        }
    }

    /// <summary>Completes when this node has written the entry at which it begins to read.</summary>
    public Task Begun => _begun.Task;

    /// <inheritdoc />
    public void Dispose() => _wake.Dispose();

    /// <summary>There is something to read.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            if (_wake.CurrentCount == 0)
            {
                _wake.Release();
            }
        }
    }

    /// <summary>Reads once; then waits for <see cref="Wake"/>, but not longer than <paramref name="wait"/>, unless more is left.</summary>
    public async Task ReadAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        long written = queue.Written;
        long sent = time.GetTimestamp();
        bool? isAll = _last is { } last ? await ReadAsync(last, written, sent, cancellationToken) : await BeginAsync(cancellationToken);
        if (isAll is null && !_isRefused)
        {
            _isRefused = true;
            logger.StreamRefused();
        }
        else if (isAll is not null)
        {
            _isRefused = false;
        }

        if (isAll is not false)
        {
            await _wake.WaitAsync(wait, cancellationToken);
        }
    }

    /// <summary>Whether nothing is left to read; null if Redis did not answer.</summary>
    private async Task<bool?> ReadAsync(AnnouncementPosition last, long written, long sent, CancellationToken cancellationToken)
    {
        if (await stream.ReadAsync(last, cancellationToken) is not { } entries)
        {
            return null;
        }

        if (entries.Count == 0 || entries[0].Position != last)
        {
            _last = null;
            LoseHearing();
            Tell("Redis has lost or dropped the last one that this node heard");
            return false;
        }

        foreach ((AnnouncementPosition position, SealedAnnouncement? announcement) in entries.Skip(1))
        {
            if (announcement is not null)
            {
                Hear(position, announcement);
            }

            _last = position;
            lock (_gate)
            {
                _position = position;
            }
        }

        if (entries.Count == AnnouncementStream.MostRead)
        {
            return false;
        }

        if (_numbers.LastOf(queue.Sender) < written)
        {
            // Redis had them and lost them, and another node may not have read them.
            _numbers.Skip(queue.Sender, written);
            Tell("Redis has lost announcements of this node");
        }

        lock (_gate)
        {
            _heardAllAt = sent;
        }

        return true;
    }

    private void Hear(AnnouncementPosition position, SealedAnnouncement one)
    {
        if (one.Number == 0)
        {
            _numbers.Skip(one.Sender, 0);
            return;
        }

        NumberKind kind = _numbers.Take(one.Sender, one.Number);
        if (kind == NumberKind.Again)
        {
            return;
        }

        if (kind == NumberKind.AfterGap || one.Kind == Missed)
        {
            Miss(position, $"{one.From} announced something that did not reach Redis");
        }

        (one.Sender == queue.Sender ? OwnHearers : Hearers).Hear(new Announcement(one.Kind, one.From, position, one.Content));
    }

    /// <summary>Begins at the end of the stream, with an entry whose place is the first that this node has heard.</summary>
    private async Task<bool?> BeginAsync(CancellationToken cancellationToken)
    {
        var begin = new SealedAnnouncement(queue.Sender, 0, nodeName, Begin, ReadOnlyMemory<byte>.Empty);
        // Those of this node that are before this place will not be read any more.
        _numbers.Skip(queue.Sender, queue.Written);
        if (await stream.AppendAsync(begin, cancellationToken) is not { } position)
        {
            return null;
        }

        _last = position;
        Miss(position, reason: null);
        lock (_gate)
        {
            _position = position;
        }

        _begun.TrySetResult();

        return false;
    }

    private void Miss(AnnouncementPosition position, string? reason)
    {
        lock (_gate)
        {
            _floor = position;
        }

        if (reason is not null)
        {
            logger.AnnouncementsMissed(reason);
        }

        Hearers.Forget();
    }

    /// <summary>Announces to all nodes that announcements were lost. This node hears it as well.</summary>
    private void Tell(string reason)
    {
        logger.AnnouncementsMissed(reason);
        Hearers.Forget();
        queue.Add(Missed, ReadOnlyMemory<byte>.Empty);
    }

    private void LoseHearing()
    {
        lock (_gate)
        {
            _heardAllAt = null;
        }
    }
}
