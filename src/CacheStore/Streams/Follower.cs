namespace Waystation.CacheStore.Streams;

/// <summary>
/// One reading of a <see cref="GrowingFile"/>, for one thread at a time. It reads into the caller's memory and has no buffer of its own.
/// </summary>
internal sealed class Follower : IDisposable
{
    private readonly GrowingFile _file;
    private BlockCheck _check = new();
    private long _position;
    private int _isDisposed;

    internal Follower(GrowingFile file) => _file = file;

    /// <summary>Bytes read so far.</summary>
    public long Position => Volatile.Read(ref _position);

    /// <summary>Whether the checksum of the present block is known: all of the block can be read.</summary>
    public bool IsBlockDone => _file.SumOf((int)(_check.Position / BlockSums.BlockLength)) is not null;

    /// <summary>How much of the rest of this block can be read now.</summary>
    public int Available => (int)Math.Clamp(_file.Readable - _check.Position, 0, _check.LeftInBlock);

    /// <summary>All of the whole content has been read.</summary>
    public bool IsAtEnd => _file.IsEnd(_check.Position);

    /// <summary>Begins the reading at a later block. Call it before the first <see cref="Read"/>.</summary>
    /// <param name="position">The position of the block's first byte.</param>
    public void BeginAt(long position)
    {
        if (_check.Position != 0)
        {
            throw new InvalidOperationException("the reading has begun");
        }

        _check = new BlockCheck(position);
        Volatile.Write(ref _position, position);
        _file.ReaderAdvanced();
    }

    /// <summary>Fills all of <paramref name="destination"/>, which is at most <see cref="Available"/>.</summary>
    /// <exception cref="IOException">The file cannot be read back.</exception>
    public void Read(Span<byte> destination)
    {
        _file.Read(destination, _check.Position);
        _check.Append(destination);
        Volatile.Write(ref _position, _check.Position);
        _file.ReaderAdvanced();
    }

    /// <summary>
    /// Compares the checksum of the block, if it was read to its end. False if it differs from the written one. At the growing edge a block
    /// leaves in parts, and its checksum is compared as soon as it is whole.
    /// </summary>
    /// <param name="block">The number of the block.</param>
    public bool TryVerify(out int block) =>
        !_check.TryEndBlock(IsAtEnd, out block, out uint sum) || _file.SumOf(block) is not { } written || written == sum;

    /// <inheritdoc />
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _file.Leave(this);
        }
    }
}
