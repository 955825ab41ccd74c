using System.Net;
using Waystation.Primaries.Http.Connections;

namespace Waystation.Primaries.Http.Responses;

/// <summary>The body of a response whose first bytes were read already; it gives them again.</summary>
internal sealed class ReplayedContent(HttpContent inner, ReadOnlyMemory<byte> first, Stream rest) : WrappedContent(inner, withLength: false)
{
    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(new JoinedStream(first, rest));

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.WriteAsync(first);
        await rest.CopyToAsync(stream);
    }
}
