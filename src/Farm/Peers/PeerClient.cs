using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Waystation.Farm.Nodes;
using Waystation.Farm.Peers.Frames;
using Waystation.Farm.Secrets;

namespace Waystation.Farm.Peers;

/// <summary>
/// Asks another node. Request and response are sealed frames, whatever carries them: both nodes prove that they have the farm's secret,
/// and nobody between them reads or changes a byte. A node that does not answer is not asked again for some seconds.
/// </summary>
internal sealed class PeerClient : IDisposable
{
    /// <summary>The path above the operations.</summary>
    public const string Prefix = "/.waystation/farm/v1/";

    /// <summary>A node that is there accepts a connection in a moment.</summary>
    private static readonly TimeSpan s_connect = TimeSpan.FromSeconds(1);

    /// <summary>A node sends the head of its response before it begins to work.</summary>
    private static readonly TimeSpan s_head = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_suspicion = TimeSpan.FromSeconds(5);

    /// <summary>A node that answers, but does not know this one yet, or not at this moment.</summary>
    private static readonly TimeSpan s_doubt = TimeSpan.FromSeconds(1);

    private readonly HttpMessageInvoker _http = new(
        new SocketsHttpHandler
        {
            ConnectTimeout = s_connect,
            UseCookies = false,
            UseProxy = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        }
    );
    private readonly FarmSecrets _secrets;
    private readonly IFarmNodes _nodes;
    private readonly TimeProvider _time;
    private readonly ILogger<PeerClient> _logger;
    private readonly ConcurrentDictionary<(string Name, string Incarnation), (long Since, TimeSpan Lasts)> _suspects = new();

    public PeerClient(FarmSecrets secrets, IFarmNodes nodes, TimeProvider time, ILogger<PeerClient> logger) =>
        (_secrets, _nodes, _time, _logger) = (secrets, nodes, time, logger);

    /// <summary>Whether the node did not answer lately.</summary>
    public bool IsSuspect(FarmNode node) =>
        _suspects.TryGetValue((node.Name, node.Incarnation), out (long Since, TimeSpan Lasts) last)
        && _time.GetElapsedTime(last.Since) < last.Lasts;

    /// <summary>Sends a request; null if the node does not answer, or does not prove to be a node of the farm.</summary>
    /// <param name="to">The node.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="write">Writes the request; it may take its time.</param>
    /// <param name="patience">How long the node may be silent within its response.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public async Task<PeerResponse?> SendAsync(
        FarmNode to,
        string operation,
        Func<SealedWriter, CancellationToken, Task> write,
        TimeSpan patience,
        CancellationToken cancellationToken
    )
    {
        PeerHello hello = PeerHello.Create(_nodes.Self.Name, _time);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(to.Url, Prefix + operation));
        request.Headers.TryAddWithoutValidation(PeerHello.Field, hello.Seal(_secrets, operation, to));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        request.Content = new FrameContent(
            FrameKey.OfRequest(hello.Session),
            async (writer, token) =>
            {
                await write(writer, token);
                // From here on the other node has all that it needs.
                limit.CancelAfter(s_head);
            }
        );
        try
        {
            HttpResponseMessage response = await _http.SendAsync(request, limit.Token);
            try
            {
                byte[]? nonce = NonceOf(response);
                if (response.StatusCode != HttpStatusCode.OK || nonce is null)
                {
                    Suspect(to, operation, $"it answered {(int)response.StatusCode}", s_doubt);
                    response.Dispose();
                    return null;
                }

                Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
                return new PeerResponse(response, new SealedReader(body, FrameKey.OfResponse(hello.Session, nonce), patience), this, to);
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            Suspect(to, operation, e.Message);
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Suspect(to, operation, "it did not answer in time");
            return null;
        }
    }

    /// <summary>The node did not answer as it should: it is not asked for some seconds.</summary>
    public void Suspect(FarmNode node, string operation, string reason) => Suspect(node, operation, reason, s_suspicion);

    private void Suspect(FarmNode node, string operation, string reason, TimeSpan lasts)
    {
        _suspects[(node.Name, node.Incarnation)] = (_time.GetTimestamp(), lasts);
        _logger.PeerFailed(node.Name, operation, reason, lasts.TotalSeconds);
    }

    public void Dispose() => _http.Dispose();

    private static byte[]? NonceOf(HttpResponseMessage response)
    {
        byte[] nonce = new byte[24];
        return
            response.Headers.TryGetValues(PeerHello.Field, out IEnumerable<string>? values)
            && values.FirstOrDefault() is { } value
            && Convert.TryFromBase64String(value, nonce, out int length)
            ? nonce[..length]
            : null;
    }

    /// <summary>A request's frames, written as the transport takes them.</summary>
    private sealed class FrameContent(byte[] key, Func<SealedWriter, CancellationToken, Task> write) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await using var writer = new SealedWriter(stream, key);
            await write(writer, cancellationToken);
            await writer.EndAsync(cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
