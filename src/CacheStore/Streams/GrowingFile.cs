using System.Buffers;

namespace Waystation.CacheStore.Streams;

/// <summary>
/// A file that one writer appends to while any number of readers follow it, each at its own speed.
/// <code>
///   writer ──► block ──► temporary file ──► Follower
///                └► sum                └──► Follower
///
///   0 ............... Readable | held back | Length
/// </code>
/// The writer never waits for a reader. If the disk refuses, it goes on through a <see cref="MemoryWindow"/>, at the pace of the slowest
/// reader, for the present readers only, so that no download fails for a full disk. Readers see all but the last bytes until
/// <see cref="CompleteAsync"/>, so wrong content can never look whole. Each block has a CRC-32C, by which readers and the store notice
/// rot.
/// It does not know its content. The owner checks the content, and decides when it is whole, which readers may have it and whether the
/// file is kept. The writing members are for one thread at a time.
/// </summary>
/// <param name="file">The file, not yet open.</param>
/// <param name="heldBack">The number of last bytes that leave only with <see cref="CompleteAsync"/>.</param>
/// <param name="onLeftDisk">Called once, when the disk refuses to take more.</param>
internal sealed class GrowingFile(SpoolFile file, int heldBack, Action onLeftDisk) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Follower> _followers = [];
    private readonly List<uint> _sums = [];
    private readonly byte[] _block = ArrayPool<byte>.Shared.Rent(BlockSums.BlockLength);

    private TaskCompletionSource? _changed;
    private MemoryWindow? _window;
    private FillState _state;
    private long _length;
    private long _readable;
    private int _inBlock;
    private int _flushedInBlock;

    /// <summary>The file on disk.</summary>
    public SpoolFile File => file;

    /// <summary>The state of the file.</summary>
    public FillState State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    /// <summary>Bytes that a reader may read now.</summary>
    public long Readable
    {
        get
        {
            lock (_gate)
            {
                return _readable;
            }
        }
    }

    /// <summary>Bytes of the whole content; null until it is whole.</summary>
    public long? Length
    {
        get
        {
            lock (_gate)
            {
                return _state == FillState.Whole ? _length : null;
            }
        }
    }

    /// <summary>The sum of each block.</summary>
    public uint[] Sums
    {
        get
        {
            lock (_gate)
            {
                return [.. _sums];
            }
        }
    }

    /// <summary>
    /// Completes at the next change. Take it before looking at the state that is waited for: then no change is missed.
    /// </summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
            {
                _changed ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
                return _changed.Task;
            }
        }
    }

    /// <summary>Waits until a condition holds. It is looked at after each change.</summary>
    public async Task WaitForAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed = Changed;
            if (condition())
            {
                return;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Wakes the waiters for <see cref="Changed"/>.</summary>
    public void Pulse()
    {
        TaskCompletionSource? changed;
        lock (_gate)
        {
            changed = _changed;
            _changed = null;
        }

        changed?.SetResult();
        Volatile.Read(ref _window)?.ReaderAdvanced();
    }

    /// <summary>Opens the file, if the disk lets it.</summary>
    public void Open()
    {
        if (!file.TryOpen())
        {
            LeaveDisk();
        }
    }

    /// <summary>Appends bytes. Readers see them after a flush, or when their block is full.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            int taken = Math.Min(bytes.Length, BlockSums.BlockLength - _inBlock);
            bytes.Span[..taken].CopyTo(_block.AsSpan(_inBlock));
            _inBlock += taken;
            _length += taken;
            bytes = bytes[taken..];
            if (_inBlock == BlockSums.BlockLength)
            {
                await FlushAsync(cancellationToken);
                EndBlock();
            }
        }
    }

    /// <summary>Shows readers the bytes so far.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_flushedInBlock == _inBlock)
        {
            return;
        }

        ReadOnlyMemory<byte> fresh = _block.AsMemory(_flushedInBlock, _inBlock - _flushedInBlock);
        long offset = _length - fresh.Length;
        if (_window is null && !await file.TryWriteAsync(fresh, offset, cancellationToken))
        {
            LeaveDisk();
        }

        _flushedInBlock = _inBlock;
        _window?.Append(offset, fresh);
        lock (_gate)
        {
            _readable = Math.Max(0, _length - heldBack);
        }

        Pulse();
        await WaitForReadersAsync(cancellationToken);
    }

    /// <summary>The content is whole and right: the last bytes leave. False if it has failed meanwhile.</summary>
    public async ValueTask<bool> CompleteAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        EndBlock();
        lock (_gate)
        {
            if (_state != FillState.Filling)
            {
                return false;
            }

            _state = FillState.Whole;
            _readable = _length;
        }

        Pulse();
        await WaitForReadersAsync(cancellationToken);
        return true;
    }

    /// <summary>The content will never be whole. False if it is whole already, or has failed before.</summary>
    public bool TryFail()
    {
        lock (_gate)
        {
            if (_state != FillState.Filling)
            {
                return false;
            }

            _state = FillState.Failed;
        }

        Pulse();
        return true;
    }

    /// <summary>Begins one more reading, from the first byte; null if not all bytes are on disk.</summary>
    public Follower? TryFollow()
    {
        lock (_gate)
        {
            if (_window is not null)
            {
                return null;
            }

            var follower = new Follower(this);
            _followers.Add(follower);
            return follower;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        file.Dispose();
        ArrayPool<byte>.Shared.Return(_block);
    }

    internal void Leave(Follower follower)
    {
        lock (_gate)
        {
            _followers.Remove(follower);
        }

        Pulse();
    }

    internal void Read(Span<byte> destination, long offset)
    {
        MemoryWindow? window = Volatile.Read(ref _window);
        if (window is null || offset + destination.Length <= window.Start)
        {
            file.Read(destination, offset);
        }
        else
        {
            window.Read(file, destination, offset);
        }
    }

    /// <summary>A reader took bytes: a writer that waits for the slowest reader checks again.</summary>
    internal void ReaderAdvanced() => Volatile.Read(ref _window)?.ReaderAdvanced();

    /// <summary>The sum of a block that is finished; null while it is not.</summary>
    internal uint? SumOf(int block)
    {
        lock (_gate)
        {
            return block < _sums.Count ? _sums[block] : null;
        }
    }

    internal bool IsEnd(long position)
    {
        lock (_gate)
        {
            return _state == FillState.Whole && position == _length;
        }
    }

    private void EndBlock()
    {
        if (_inBlock > 0)
        {
            uint sum = BlockSums.Append(BlockSums.Seed, _block.AsSpan(0, _inBlock));
            lock (_gate)
            {
                _sums.Add(sum);
            }

            _inBlock = _flushedInBlock = 0;
        }
    }

    private void LeaveDisk()
    {
        lock (_gate)
        {
            Volatile.Write(ref _window, new MemoryWindow(_length - (_inBlock - _flushedInBlock)));
        }

        onLeftDisk();
    }

    private ValueTask WaitForReadersAsync(CancellationToken cancellationToken) =>
        _window is null ? ValueTask.CompletedTask : new ValueTask(_window.WaitForReadersAsync(SlowestReader, cancellationToken));

    private long? SlowestReader()
    {
        lock (_gate)
        {
            long? slowest = null;
            foreach (Follower follower in _followers)
            {
                slowest = Math.Min(slowest ?? long.MaxValue, follower.Position);
            }

            return slowest;
        }
    }
}
