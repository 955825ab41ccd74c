using System.Buffers;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Responses;

namespace Waystation.CacheStore.Packs.Storing;

/// <summary>Reads a finished pack from disk; each block is compared with its checksum before it leaves.</summary>
internal sealed class StoredPackReader : PackReader
{
    private readonly PackContent _pack;
    private readonly PackRecord _record;
    private readonly Action<PackRecord> _onDamage;
    private BlockCheck _check = new();

    private StoredPackReader(PackContent pack, PackRecord record, Action<PackRecord> onDamage)
    {
        _pack = pack;
        _record = record;
        _onDamage = onDamage;
    }

    /// <summary>Opens a pack and compares its first block, so that damage there is found before an answer begins.</summary>
    /// <param name="path">The path of the pack's files, without a suffix.</param>
    /// <param name="record">The pack's record.</param>
    /// <param name="onDamage">Called when a block differs from its checksum.</param>
    /// <exception cref="InvalidDataException">The first block differs from its checksum.</exception>
    public static StoredPackReader Open(string path, PackRecord record, Action<PackRecord> onDamage)
    {
        PackContent pack = PackContent.Open(path, record);
        byte[] block = ArrayPool<byte>.Shared.Rent(BlockSums.BlockLength);
        try
        {
            int length = (int)Math.Min(BlockSums.BlockLength, record.PackLength);
            pack.Read(block.AsSpan(0, length), 0);
            if (BlockSums.Append(BlockSums.Seed, block.AsSpan(0, length)) != record.Sums[0])
            {
                throw new InvalidDataException("the first block differs from its checksum");
            }

            return new StoredPackReader(pack, record, onDamage);
        }
        catch
        {
            pack.Dispose();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    public override FetchPrologue Prologue => _record.Prologue;

    public override DateTimeOffset MadeAt => _record.MadeAt;

    public override long? PackLength => _record.PackLength;

    /// <summary>Begins at the block that has this byte. Call it before the first step.</summary>
    public void BeginAt(long position) => _check = new BlockCheck(BlockSums.StartOfBlock(position));

    public override ValueTask<PackStep> NextAsync(CancellationToken cancellationToken)
    {
        int length = (int)Math.Min(_check.LeftInBlock, _record.PackLength - _check.Position);
        return ValueTask.FromResult(length > 0 ? new PackStep(PackStepKind.Bytes, length) : new PackStep(PackStepKind.End));
    }

    public override ValueTask ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        try
        {
            _pack.Read(destination.Span, _check.Position);
        }
        catch (IOException e)
        {
            _onDamage(_record);
            throw new PackDamagedException($"a block of pack {_record.Key} cannot be read", e);
        }

        _check.Append(destination.Span);
        return ValueTask.CompletedTask;
    }

    public override void Verify()
    {
        if (_check.TryEndBlock(_check.Position == _record.PackLength, out int block, out uint sum) && sum != _record.Sums[block])
        {
            _onDamage(_record);
            throw new PackDamagedException($"block {block} of pack {_record.Key} differs from its checksum");
        }
    }

    public override ValueTask DisposeAsync()
    {
        _pack.Dispose();
        return ValueTask.CompletedTask;
    }
}
