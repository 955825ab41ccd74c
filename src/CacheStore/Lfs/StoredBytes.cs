using System.Buffers;
using System.IO.Pipelines;
using Waystation.CacheStore.Streams;

namespace Waystation.CacheStore.Lfs;

/// <summary>
/// The bytes of a stored object. Each block is compared with its checksum before it leaves. A block of which all is wanted is read into the
/// output's own memory; a part of a block, and the first block that leaves, go through a buffer, so that nothing has left when the first is
/// damaged.
/// </summary>
internal sealed class StoredBytes(StoredObjectFile file) : LfsBytes
{
    private byte[]? _block;
    private int _inBlock = -1;

    public override LfsServed Served => LfsServed.Hit;

    private long Size => file.Stored.Object.Size;

    /// <summary>Compares the first block, so that a damaged object is found before the response begins.</summary>
    public override Task<LfsStart> StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Size > 0)
            {
                Take(0);
            }

            return Task.FromResult(LfsStart.Ready);
        }
        catch (LfsBrokenException e)
        {
            return Task.FromResult(new LfsStart(null, e.Message));
        }
    }

    public override async Task CopyToAsync(PipeWriter output, long from, long count, CancellationToken cancellationToken)
    {
        long end = from + count;
        for (long at = from; at < end; )
        {
            int block = (int)(at / BlockSums.BlockLength);
            int skip = (int)(at % BlockSums.BlockLength);
            int length = (int)Math.Min(end - at, file.LengthOf(block) - skip);
            if (HasSent && length == file.LengthOf(block))
            {
                WriteWhole(output, block);
            }
            else
            {
                Take(block);
                output.Write(_block.AsSpan(skip, length));
                HasSent = true;
                Release();
            }

            await FlushAsync(output, cancellationToken);
            at += length;
        }
    }

    public override Task<bool> EndAsync(CancellationToken cancellationToken) => Task.FromResult(true);

    public override ValueTask DisposeAsync()
    {
        Release();
        file.Dispose();
        return ValueTask.CompletedTask;
    }

    private void WriteWhole(PipeWriter output, int block)
    {
        uint sum = BlockSums.Seed;
        for (int offset = 0, length = file.LengthOf(block); offset < length; )
        {
            Span<byte> piece = output.GetSpan(Math.Min(length - offset, PieceLength));
            piece = piece[..Math.Min(piece.Length, length - offset)];
            file.Read(block, offset, piece, ref sum);
            output.Advance(piece.Length);
            offset += piece.Length;
        }

        // Before the flush: what differs has not left.
        file.Compare(block, sum);
    }

    private void Take(int block)
    {
        if (_inBlock != block)
        {
            _block ??= ArrayPool<byte>.Shared.Rent(file.LengthOf(block));
            if (_block.Length < file.LengthOf(block))
            {
                Release();
                _block = ArrayPool<byte>.Shared.Rent(file.LengthOf(block));
            }

            _inBlock = -1;
            file.ReadBlock(block, _block);
            _inBlock = block;
        }
    }

    private void Release()
    {
        if (_block is not null)
        {
            ArrayPool<byte>.Shared.Return(_block);
            (_block, _inBlock) = (null, -1);
        }
    }
}
