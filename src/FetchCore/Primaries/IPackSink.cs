using System.Buffers;

namespace Waystation.FetchCore.Primaries;

/// <summary>Takes a pack as a source sends it.</summary>
internal interface IPackSink
{
    /// <summary>Takes pack bytes, unframed.</summary>
    ValueTask WriteAsync(ReadOnlySequence<byte> pack, CancellationToken cancellationToken);

    /// <summary>Takes a line of the source's progress.</summary>
    void ShowProgress(ReadOnlySequence<byte> text);

    /// <summary>The source is not silent: it has sent something, or the node is about to read from it again.</summary>
    void Hear();

    /// <summary>The source has nothing more just now.</summary>
    ValueTask FlushAsync(CancellationToken cancellationToken);
}
