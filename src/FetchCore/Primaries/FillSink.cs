using System.Buffers;
using Waystation.CacheStore.Packs.Filling;

namespace Waystation.FetchCore.Primaries;

/// <summary>Puts a pack into a fill.</summary>
internal sealed class FillSink(Fill fill) : IPackSink
{
    public ValueTask WriteAsync(ReadOnlySequence<byte> pack, CancellationToken cancellationToken) =>
        fill.WriteAsync(pack, cancellationToken);

    public void ShowProgress(ReadOnlySequence<byte> text) => fill.ShowProgress(text);

    public void Hear() => fill.Hear();

    public ValueTask FlushAsync(CancellationToken cancellationToken) => fill.FlushAsync(cancellationToken);
}
