using Waystation.CacheStore.Streams;

namespace Waystation.FetchCore.Pushes;

/// <summary>
/// The bytes of a push. <see cref="PushWatch"/> sees them before they go on. Disposal does not dispose the inner stream.
/// </summary>
/// <param name="inner">The client's bytes.</param>
/// <param name="push">The watch.</param>
public sealed class PushedStream(Stream inner, PushWatch push) : ReadOnlyStream
{
    /// <inheritdoc />
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int length = await inner.ReadAsync(buffer, cancellationToken);
        if (length > 0)
        {
            await push.TakeAsync(buffer[..length]);
        }
        else if (buffer.Length > 0)
        {
            push.End();
        }

        return length;
    }
}
