using Waystation.CacheStore.Streams;

namespace Waystation.FetchCore.Observing;

/// <summary>The stream to the client. It counts the bytes that pass, for the record of their fetch.</summary>
/// <param name="inner">The stream to the client; this does not dispose it.</param>
public sealed class ObservedStream(Stream inner) : WriteOnlyStream
{
    /// <summary>The fetch whose response passes now; null if there is none.</summary>
    public ObservedFetch? Fetch { get; set; }

    /// <inheritdoc />
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await inner.WriteAsync(buffer, cancellationToken);
        }
        catch (IOException)
        {
            Fetch?.Ended(FetchEnd.ClientGone);
            throw;
        }

        Fetch?.Sent(buffer.Length);
    }

    /// <inheritdoc />
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);
}
