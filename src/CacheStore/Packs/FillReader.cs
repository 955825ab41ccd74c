using Waystation.GitProtocol.Fetching;

namespace Waystation.CacheStore.Packs;

/// <summary>Follows one <see cref="Fill"/> from its first byte, at its own speed. Attached from the moment of joining.</summary>
public sealed class FillReader : PackReader
{
    private readonly Fill _fill;
    private readonly bool _isStarter;
    private readonly TimeSpan _patience;
    private BlockCheck _check = new();
    private int _progressSeen;
    private int _disposed;
    private long _position;

    internal FillReader(Fill fill, bool isStarter, bool joinedWhole, int progressSeen, TimeSpan patience)
    {
        _fill = fill;
        _isStarter = isStarter;
        _patience = patience;
        JoinedWhole = joinedWhole;
        _progressSeen = progressSeen;
    }

    /// <summary>The answer was already whole when it was joined: as good as a hit.</summary>
    public bool JoinedWhole { get; }

    /// <inheritdoc />
    public override FetchPrologue Prologue =>
        _fill.Prologue ?? throw new InvalidOperationException("the answer has not begun: await BeginAsync first");

    /// <inheritdoc />
    public override DateTimeOffset MadeAt => _fill.MadeAt;

    /// <inheritdoc />
    public override long? PackLength => _fill.PackLength;

    internal long Position => Volatile.Read(ref _position);

    /// <summary>Waits until the sections before the packfile are known.</summary>
    /// <exception cref="FillFailedException">The fill ended before: nothing of it was told to this reader's client.</exception>
    public Task BeginAsync(CancellationToken cancellationToken) => _fill.WaitForPrologueAsync(_isStarter, _patience, cancellationToken);

    /// <summary>Waits until the answer is whole, without reading it; false where it never will be.</summary>
    public Task<bool> EndAsync(CancellationToken cancellationToken) => _fill.WaitForEndAsync(cancellationToken);

    /// <summary>Waits until it is known whether others may read this answer as well.</summary>
    public Task DecidedAsync(CancellationToken cancellationToken) => _fill.WaitForShareAsync(cancellationToken);

    /// <summary>What it follows will not be asked for any more: it ends with its last reader, unless it is whole.</summary>
    public void Outdate() => _fill.Outdate();

    /// <inheritdoc />
    public override async ValueTask<PackStep> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            (PackStep? step, Task pulse) = _fill.Look(_isStarter, _check.Position, _check.LeftInBlock, ref _progressSeen);
            if (step is { } known)
            {
                return known;
            }

            // What has been read of this one cannot be gone on with from another.
            await _fill.WaitAsync(pulse, _check.Position == 0 ? _patience : Timeout.InfiniteTimeSpan, cancellationToken);
        }
    }

    /// <inheritdoc />
    public override ValueTask ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        try
        {
            _fill.Read(destination.Span, _check.Position);
        }
        catch (IOException e)
        {
            _fill.MarkDamaged();
            throw new PackDamagedException("an answer that is being made cannot be read back", e);
        }

        _check.Append(destination.Span);
        Volatile.Write(ref _position, _check.Position);
        _fill.Advanced();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public override void Verify()
    {
        // At the growing edge a block leaves in parts; its sum is compared as soon as it is whole.
        if (
            _check.TryEndBlock(_fill.IsAtEnd(_check.Position), out int block, out uint sum)
            && _fill.SumOf(block) is { } stored
            && stored != sum
        )
        {
            _fill.MarkDamaged();
            throw new PackDamagedException($"block {block} of an answer that is being made is not what was written");
        }
    }

    /// <inheritdoc />
    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _fill.Detach(this);
        }

        return ValueTask.CompletedTask;
    }
}
