using Waystation.CacheStore.Streams;

namespace Waystation.FetchCore.Pushes;

/// <summary>
/// What a client pushes, which is shown to <see cref="PushWatch"/> before it goes on; disposing it leaves the inner stream.
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
