using System.Net;
using Waystation.CacheStore.Streams;

namespace Waystation.Primaries.Http.Connections;

/// <summary>
/// Sends a request body on as it comes, and once. The handler below collects small writes, with the head, until there are 4 KiB. If a
/// client paused after its first bytes, the primary would have received none of them.
/// <para>
/// If the primary had closed the connection, the request goes out again over another one. No byte of it had left, and no byte of its body
/// was taken, because the head goes first.
/// </para>
/// </summary>
internal sealed class FlushEachWriteHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>The most connections in a row that are found closed: with more, the primary closes connections that were just
    /// opened.</summary>
    private const int MaxClosed = 8;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpContent? body = request.Content;
        RequestTrace trace = RequestTrace.Current = RequestTrace.Of(request);
        for (int closed = 0; ; closed++)
        {
            trace.MetClosed = false;
            var prompt = Prompt(request.Method, body);
            request.Content = prompt;
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException)
                when (trace is { MetClosed: true, HasBegun: false } && prompt is not PromptContent { IsTaken: true } && closed < MaxClosed)
            {
                // It is certain that no byte was taken.
            }
        }
    }

    private static HttpContent? Prompt(HttpMethod method, HttpContent? body) =>
        body switch
        {
            // The handler below repeats a request without a body when a connection ends without a response. No change may be made twice.
            null when method != HttpMethod.Get && method != HttpMethod.Head && method != HttpMethod.Options => new ByteArrayContent([]),
            null or ReadOnlyMemoryContent => body,
            { } content => new PromptContent(content),
        };

    private sealed class PromptContent(HttpContent content) : WrappedContent(content, withLength: true)
    {
        /// <summary>Whether bytes of the body may have been read.</summary>
        public bool IsTaken { get; private set; }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            // Flush the head alone: if it cannot leave, the body is untouched.
            await stream.FlushAsync(cancellationToken);
            IsTaken = true;
            await Inner.CopyToAsync(new FlushedStream(stream), context, cancellationToken);
        }
    }

    /// <summary>Flushes after each write.</summary>
    private sealed class FlushedStream(Stream inner) : WriteOnlyStream
    {
        public override void Write(byte[] buffer, int offset, int count)
        {
            inner.Write(buffer, offset, count);
            inner.Flush();
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await inner.WriteAsync(buffer, cancellationToken);
            await inner.FlushAsync(cancellationToken);
        }

        public override void Flush() => inner.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);
    }
}
