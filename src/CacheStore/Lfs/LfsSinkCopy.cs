using System.Buffers;

namespace Waystation.CacheStore.Lfs;

/// <summary>Copies a stream into a sink.</summary>
public static class LfsSinkCopy
{
    private const int BlockLength = 64 * 1024;

    /// <summary>Copies a stream to its end.</summary>
    /// <exception cref="LfsBrokenException">There are more bytes than the object has.</exception>
    public static async Task CopyToAsync(this Stream from, ILfsSink sink)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(sink);
        byte[] block = ArrayPool<byte>.Shared.Rent(BlockLength);
        try
        {
            int read;
            while ((read = await from.ReadAsync(block, sink.Stopping)) > 0)
            {
                await sink.WriteAsync(block.AsMemory(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }
}
