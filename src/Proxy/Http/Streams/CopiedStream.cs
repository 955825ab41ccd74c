using Waystation.CacheStore.Lfs;
using Waystation.CacheStore.Streams;

namespace Waystation.Proxy.Http.Streams;

/// <summary>An object on its way to the primary, whose bytes are copied before they go on.</summary>
/// <param name="inner">The client's bytes.</param>
/// <param name="copy">The copy.</param>
internal sealed class CopiedStream(Stream inner, LfsUpload copy) : ReadOnlyStream
{
    /// <inheritdoc />
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int length = await inner.ReadAsync(buffer, cancellationToken);
        if (length > 0)
        {
            await copy.WriteAsync(buffer[..length]);
        }

        return length;
    }
}
