using System.Buffers;
using System.IO.Pipelines;
using Waystation.CacheStore.Streams;

namespace Waystation.CacheStore.Lfs;

/// <summary>The bytes of an object that comes.</summary>
internal sealed class LfsFollowing(LfsFill fill, Follower follower, bool isStarter) : LfsBytes
{
    /// <summary>How long a follower that has sent nothing waits for a silent source.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private int _isDisposed;

    public override LfsServed Served => isStarter ? LfsServed.Fill : LfsServed.Join;

    /// <summary>The starter's own source is silent for it alone, and a reader that has sent bytes cannot go on elsewhere.</summary>
    private TimeSpan PatienceNow => isStarter || HasSent ? Timeout.InfiniteTimeSpan : Patience;

    public override async Task<LfsStart> StartAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed = fill.File.Changed;
            if (follower.Available > 0 || fill.File.State == FillState.Whole)
            {
                return LfsStart.Ready;
            }

            if (fill.End is { } end)
            {
                return Told(end);
            }

            if (!await fill.WaitAsync(changed, PatienceNow, cancellationToken))
            {
                return new LfsStart(null, "the source is silent");
            }
        }
    }

    public override async Task CopyToAsync(PipeWriter output, long from, long count, CancellationToken cancellationToken)
    {
        follower.BeginAt(BlockSums.StartOfBlock(from));
        await SkipAsync(from, cancellationToken);
        long end = from + count;
        while (follower.Position < end)
        {
            await WaitForBytesAsync(cancellationToken);
            long left = end - follower.Position;
            if (left <= follower.Available && end < fill.Object.Size && fill.File.State != FillState.Whole)
            {
                await WriteLastAsync(output, (int)left, cancellationToken);
                return;
            }

            for (left = Math.Min(left, follower.Available); left > 0; )
            {
                Memory<byte> piece = output.GetMemory((int)Math.Min(left, PieceLength));
                int length = (int)Math.Min(left, piece.Length);
                Read(piece.Span[..length]);
                output.Advance(length);
                HasSent = true;
                left -= length;
            }

            if (follower.Position == end)
            {
                FinishBlock();
            }

            Verify();
            await FlushAsync(output, cancellationToken);
        }
    }

    public override async Task<bool> EndAsync(CancellationToken cancellationToken)
    {
        await fill.File.WaitForAsync(() => fill.File.State != FillState.Filling, cancellationToken);
        return fill.File.State == FillState.Whole;
    }

    public override ValueTask DisposeAsync() =>
        Interlocked.Exchange(ref _isDisposed, 1) == 0 ? fill.DetachAsync(follower) : ValueTask.CompletedTask;

    private LfsStart Told(LfsFillEnd end) =>
        end switch
        {
            LfsFillEnd.Refused refused when isStarter || refused.ConcernsAll => new LfsStart(refused.Refusal, null),
            LfsFillEnd.Refused => new LfsStart(null, "the source refused the client that had begun"),
            LfsFillEnd.Broken broken when isStarter => new LfsStart(
                new LfsRefusal(502, $"the node could not get the object: {broken.Reason}"),
                null
            ),
            LfsFillEnd.Broken broken => new LfsStart(null, broken.Reason),
            _ => new LfsStart(null, "the object is stored now"),
        };

    /// <summary>Reads the bytes of the first block that the client does not want, for the checksum.</summary>
    private async Task SkipAsync(long from, CancellationToken cancellationToken)
    {
        byte[] unwanted = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            while (follower.Position < from)
            {
                await WaitForBytesAsync(cancellationToken);
                Read(unwanted.AsSpan(0, (int)Math.Min(Math.Min(from - follower.Position, follower.Available), unwanted.Length)));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(unwanted);
        }
    }

    /// <summary>
    /// Writes the end of a part that ends before the object does, when the object is known to be whole. Until then it is in memory: a
    /// reader that waited in the file would stop a writer whose disk is full.
    /// </summary>
    private async Task WriteLastAsync(PipeWriter output, int length, CancellationToken cancellationToken)
    {
        byte[] last = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Read(last.AsSpan(0, length));
            Verify();
            follower.Dispose();
            await WaitForWholeAsync(cancellationToken);
            output.Write(last.AsSpan(0, length));
            HasSent = true;
            await FlushAsync(output, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(last);
        }
    }

    private async Task WaitForBytesAsync(CancellationToken cancellationToken)
    {
        while (follower.Available == 0)
        {
            Task changed = fill.File.Changed;
            if (follower.Available > 0)
            {
                return;
            }

            await WaitForMoreAsync(changed, cancellationToken);
        }
    }

    private async Task WaitForWholeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed = fill.File.Changed;
            if (fill.File.State == FillState.Whole)
            {
                return;
            }

            await WaitForMoreAsync(changed, cancellationToken);
        }
    }

    private async Task WaitForMoreAsync(Task changed, CancellationToken cancellationToken)
    {
        if (fill.End is { } end)
        {
            throw new LfsBrokenException((end as LfsFillEnd.Broken)?.Reason ?? "the object did not come");
        }

        if (!await fill.WaitAsync(changed, PatienceNow, cancellationToken))
        {
            throw new LfsBrokenException("the source is silent");
        }
    }

    /// <summary>Reads the rest of the present block, if all of it has come, for the checksum.</summary>
    private void FinishBlock()
    {
        if (!fill.File.IsEnd(follower.Position) && follower.Position % BlockSums.BlockLength != 0 && follower.IsBlockDone)
        {
            byte[] unwanted = ArrayPool<byte>.Shared.Rent(BlockSums.BlockLength);
            Read(unwanted.AsSpan(0, follower.Available));
            ArrayPool<byte>.Shared.Return(unwanted);
        }
    }

    private void Read(Span<byte> destination)
    {
        try
        {
            follower.Read(destination);
        }
        catch (IOException e)
        {
            throw new LfsBrokenException("the file of an object that comes cannot be read", e);
        }
    }

    private void Verify()
    {
        if (!follower.TryVerify(out int block))
        {
            fill.KeepNothing();
            throw new LfsBrokenException($"block {block} of an object that comes differs from its checksum");
        }
    }
}
