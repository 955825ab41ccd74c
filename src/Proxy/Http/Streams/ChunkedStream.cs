using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Waystation.CacheStore.Streams;

namespace Waystation.Proxy.Http.Streams;

/// <summary>
/// Frames a body as HTTP/1.1 chunks (RFC 9112, section 7.1), because the server itself cannot write trailers after the last chunk in that
/// version.
/// </summary>
internal sealed class ChunkedStream(Stream inner) : WriteOnlyStream
{
    /// <summary>The last chunk, and the fields that come after it.</summary>
    public async Task EndAsync(HttpResponseHeaders trailers, CancellationToken cancellationToken)
    {
        var end = new StringBuilder("0\r\n");
        foreach ((string name, HeaderStringValues values) in trailers.NonValidated)
        {
            foreach (string value in values)
            {
                end.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
            }
        }

        await inner.WriteAsync(Encoding.Latin1.GetBytes(end.Append("\r\n").ToString()), cancellationToken);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!buffer.IsEmpty)
        {
            await inner.WriteAsync(
                Encoding.ASCII.GetBytes(buffer.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"),
                cancellationToken
            );
            await inner.WriteAsync(buffer, cancellationToken);
            await inner.WriteAsync("\r\n"u8.ToArray(), cancellationToken);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);
}
