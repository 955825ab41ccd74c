namespace Waystation.CacheStore.Streams;

/// <summary>
/// The rest of a growing file after its disk refused: a window in memory between the writer and the present readers. It keeps the bytes
/// that the slowest reader has not read, and makes the writer wait when there are too many.
/// </summary>
internal sealed class MemoryWindow(long start)
{
    /// <summary>A few blocks: enough to keep source and readers busy, little enough to have hundreds of them.</summary>
    private const int MaxBytes = 4 * BlockSums.BlockLength;

    private readonly Lock _gate = new();
    private readonly Queue<(long Offset, byte[] Bytes)> _pieces = new();
    private TaskCompletionSource _advanced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _end = start;

    /// <summary>The first byte that is not on disk.</summary>
    public long Start { get; } = start;

    public void Append(long offset, ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            _pieces.Enqueue((offset, bytes.ToArray()));
            _end = offset + bytes.Length;
        }
    }

    public void ReaderAdvanced()
    {
        lock (_gate)
        {
            TaskCompletionSource advanced = _advanced;
            _advanced = new(TaskCreationOptions.RunContinuationsAsynchronously);
            advanced.SetResult();
        }
    }

    /// <summary>Drops the bytes that every reader has, and waits while the window is full.</summary>
    public async Task WaitForReadersAsync(Func<long?> slowestReader, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task advanced;
            lock (_gate)
            {
                advanced = _advanced.Task;
            }

            long position = slowestReader() ?? long.MaxValue;
            lock (_gate)
            {
                while (_pieces.TryPeek(out (long Offset, byte[] Bytes) oldest) && oldest.Offset + oldest.Bytes.Length <= position)
                {
                    _pieces.Dequeue();
                }

                if (!_pieces.TryPeek(out (long Offset, byte[] Bytes) first) || _end - first.Offset <= MaxBytes)
                {
                    return;
                }
            }

            await advanced.WaitAsync(cancellationToken);
        }
    }

    public void Read(SpoolFile file, Span<byte> destination, long offset)
    {
        if (offset < Start)
        {
            int onDisk = (int)Math.Min(Start - offset, destination.Length);
            file.Read(destination[..onDisk], offset);
            destination = destination[onDisk..];
            offset += onDisk;
        }

        lock (_gate)
        {
            foreach ((long pieceOffset, byte[] bytes) in _pieces)
            {
                int skip = (int)Math.Clamp(offset - pieceOffset, 0, bytes.Length);
                int length = Math.Min(bytes.Length - skip, destination.Length);
                if (length > 0)
                {
                    bytes.AsSpan(skip, length).CopyTo(destination);
                    destination = destination[length..];
                    offset += length;
                }
            }
        }

        if (!destination.IsEmpty)
        {
            throw new EndOfStreamException("the window no longer holds these bytes");
        }
    }
}
