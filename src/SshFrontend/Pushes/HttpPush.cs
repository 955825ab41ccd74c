using System.Buffers;
using System.IO.Pipelines;
using Waystation.CacheStore.Streams;
using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Pushes;
using Waystation.GitProtocol;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Pushing;
using Waystation.GitProtocol.Responses;
using Waystation.Primaries.Http;
using Waystation.SshFrontend.Channels;

namespace Waystation.SshFrontend.Pushes;

/// <summary>
/// A push to a primary that is reached over HTTP: the advertisement of <c>GET info/refs</c>, then everything that the client
/// sends as one POST. On a channel the client may wait for the report without closing its end, so the node finds the end of
/// the body in the bytes (gitprotocol-pack, Reference Update Request): commands, push options, and a pack, unless all refs are deleted.
/// </summary>
internal sealed class HttpPush(HttpRepository http, ClientChannel client, PushWatch? push, RequestMemory memory)
{
    private const int MaxCommands = 16 << 20;

    /// <summary>The lines before an advertisement over HTTP (gitprotocol-http, Smart Server Response).</summary>
    private static readonly byte[] s_serviceSection = WriteServiceSection();

    public async Task<SessionEnd> RunAsync(CancellationToken cancellationToken)
    {
        await using (PrimaryReply refs = await http.ReceivePackRefsAsync(cancellationToken))
        {
            if (!refs.IsAnswer)
            {
                return Explain(refs);
            }

            if (!await ShowRefsAsync(refs.Body, cancellationToken))
            {
                return SessionEnd.Saying("the primary's refs cannot be read");
            }
        }

        using MemoryShare share = memory.Open();
        byte[] commands;
        PushHead head;
        try
        {
            (commands, head) = await ReadHeadAsync(share, cancellationToken);
        }
        catch (GitProtocolException e)
        {
            return SessionEnd.Saying($"the push cannot be read: {e.Message}");
        }

        if (!head.HasCommands)
        {
            return SessionEnd.Quiet;
        }

        await using Stream body = head.HasPack
            ? new PackBody(commands, client.Input, head.ObjectFormat)
            : new MemoryStream(commands, writable: false);
        await using Stream sent = push is null ? body : new PushedStream(body, push);
        await using PrimaryReply reply = await http.ReceivePackAsync(sent, cancellationToken);
        if (!reply.IsAnswer)
        {
            return Explain(reply);
        }

        await reply.Body.CopyToAsync(client.Output, bytes => push?.Read(bytes), cancellationToken);
        return SessionEnd.Quiet;
    }

    private SessionEnd Explain(PrimaryReply reply) => new(reply.IsRefusal ? 1 : SessionEnd.Died, $"waystation: {http.Explain(reply)}\n");

    /// <summary>The advertisement without the service line of HTTP and its flush-pkt; false if there is no such line.</summary>
    private async Task<bool> ShowRefsAsync(PipeReader body, CancellationToken cancellationToken)
    {
        using var service = new MemoryStream();
        await ReadSectionAsync(body, service.Write, cancellationToken);
        if (!service.GetBuffer().AsSpan(0, (int)service.Length).SequenceEqual(s_serviceSection))
        {
            return false;
        }

        await ReadSectionAsync(body, client.Output.Write, cancellationToken);
        await client.Output.FlushAsync(cancellationToken);
        return true;
    }

    private static byte[] WriteServiceSection()
    {
        var section = new ArrayBufferWriter<byte>();
        PktLineWriter.WriteText(section, Keywords.ServiceReceivePack);
        PktLineWriter.WriteFlush(section);
        return section.WrittenSpan.ToArray();
    }

    private static async Task ReadSectionAsync(PipeReader from, Action<ReadOnlySpan<byte>> show, CancellationToken cancellationToken)
    {
        var section = new ResponseBody(from);
        await section.ReadToEndAsync(show, cancellationToken);
        await section.CompleteAsync();
    }

    /// <summary>The commands, shallow lines, certificate and push options, unchanged.</summary>
    private async Task<(byte[] Bytes, PushHead Head)> ReadHeadAsync(MemoryShare share, CancellationToken cancellationToken)
    {
        var parser = new PushHeadParser();
        long parsed = 0;
        while (true)
        {
            ReadResult read = await client.Input.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> rest = read.Buffer.Slice(parsed);
            bool isWhole = parser.TryRead(ref rest, out PushHead head);
            parsed = read.Buffer.Length - rest.Length;
            if (isWhole)
            {
                byte[] bytes = read.Buffer.Slice(0, rest.Start).ToArray();
                client.Input.AdvanceTo(rest.Start);
                share.ShrinkTo(bytes.Length);
                return (bytes, head);
            }

            client.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                return ([], default);
            }

            if (read.Buffer.Length > MaxCommands)
            {
                throw new GitProtocolException(ProtocolError.TooLong, $"More than {MaxCommands} bytes of commands.");
            }

            // The bytes in pieces, and once more in one piece when the last has come.
            share.GrowTo(2 * read.Buffer.Length);
        }
    }
}
