using Waystation.CacheStore.Streams;

namespace Waystation.FetchCore.Observing;

/// <summary>Leads to the client. What passes is noted for the record of the fetch that it belongs to.</summary>
/// <param name="inner">Leads to the client; it stays its owner's.</param>
public sealed class ObservedStream(Stream inner) : WriteOnlyStream
{
    /// <summary>The fetch whose response passes now; null where none does.</summary>
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
