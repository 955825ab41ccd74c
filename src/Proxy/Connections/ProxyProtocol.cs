using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Waystation.Proxy.Limits;

namespace Waystation.Proxy.Connections;

/// <summary>
/// Takes the <see cref="ProxyHeader"/> off the connections of trusted proxies, before TLS and HTTP see a byte. Of other connections it is
/// a request like any other, and a bad one.
/// </summary>
internal sealed class ProxyProtocol(TrustedProxies proxies)
{
    /// <summary>Whether the address is that of a proxy which may name its clients.</summary>
    public bool IsProxy(IPAddress peer) => proxies.Contains(peer);

    /// <summary>
    /// Reads the header, if there is one. The connection's bytes then begin behind it, and its remote address is the client's. The caller
    /// bounds the time.
    /// </summary>
    /// <returns>What there was. An unfinished header is one that the proxy ended early.</returns>
    public static async Task<ProxyHeader> TakeAsync(ConnectionContext context)
    {
        PipeReader input = context.Transport.Input;
        long seen = 0;
        while (true)
        {
            ReadResult read = await input.ReadAsync(context.ConnectionClosed);
            ReadOnlySequence<byte> bytes = read.Buffer;
            ProxyHeader header = Parse(bytes);
            if (header.Status == ProxyHeaderStatus.Unfinished && !read.IsCompleted)
            {
                seen = bytes.Length;
                input.AdvanceTo(bytes.Start, bytes.End);
                continue;
            }

            // What was looked at before cannot be unseen. There are newer bytes, or the end, so that the next reader does not wait.
            SequencePosition taken = bytes.GetPosition(header.Length);
            input.AdvanceTo(taken, bytes.GetPosition(Math.Max(seen, header.Length)));
            if (header.Source is { } source)
            {
                context.RemoteEndPoint = source;
            }

            return header;
        }
    }

    private static ProxyHeader Parse(ReadOnlySequence<byte> bytes)
    {
        ReadOnlySequence<byte> head = bytes.Slice(0, Math.Min(bytes.Length, ProxyHeader.MaxLength));
        return ProxyHeader.Parse(head.IsSingleSegment ? head.FirstSpan : head.ToArray());
    }
}
