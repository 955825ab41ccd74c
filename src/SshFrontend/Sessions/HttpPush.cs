using System.Buffers;
using System.IO.Pipelines;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;
using Waystation.SshFrontend.Primaries;

namespace Waystation.SshFrontend.Sessions;

/// <summary>
/// A push to a primary that is reached over HTTP: the advertisement of <c>GET info/refs</c>, then everything that the client
/// sends as one POST. On a channel the client may wait for the report without closing its end, so the end of the body is found in
/// what is sent (gitprotocol-pack, Reference Update Request): commands, push options, and a pack, unless all is deleted.
/// </summary>
internal sealed class HttpPush(IHttpRepository http, ClientChannel client)
{
    private const int MaxCommands = 16 << 20;

    public async Task<SessionEnd> RunAsync(CancellationToken cancellationToken)
    {
        ObjectFormat format;
        await using (PrimaryReply refs = await http.ReceivePackRefsAsync(cancellationToken))
        {
            if (!refs.IsAnswer)
            {
                return Explain(refs);
            }

            if (await ShowRefsAsync(refs.Body, cancellationToken) is not { } known)
            {
                return SessionEnd.Saying("the primary's refs cannot be read");
            }

            format = known;
        }

        byte[] commands;
        bool hasPack;
        try
        {
            (commands, hasPack) = await ReadCommandsAsync(format, cancellationToken);
        }
        catch (GitProtocolException e)
        {
            return SessionEnd.Saying($"the push cannot be read: {e.Message}");
        }

        if (commands.Length == 0)
        {
            return SessionEnd.Quiet;
        }

        await using Stream body = hasPack ? new PackBody(commands, client.Input, format) : new MemoryStream(commands, writable: false);
        await using PrimaryReply reply = await http.ReceivePackAsync(body, cancellationToken);
        if (!reply.IsAnswer)
        {
            return Explain(reply);
        }

        await reply.Body.CopyToAsync(client.Output, cancellationToken);
        return SessionEnd.Quiet;
    }

    private SessionEnd Explain(PrimaryReply reply) => new(reply.IsRefusal ? 1 : SessionEnd.Died, $"waystation: {http.Explain(reply)}\n");

    /// <summary>The repository's format; null where this is no advertisement.</summary>
    private async Task<ObjectFormat?> ShowRefsAsync(PipeReader body, CancellationToken cancellationToken)
    {
        // The service line and its flush-pkt belong to HTTP.
        byte[] service = await ReadSectionAsync(body, cancellationToken);
        if (service.AsSpan().IndexOf("# service=git-receive-pack"u8) < 0)
        {
            return null;
        }

        byte[] refs = await ReadSectionAsync(body, cancellationToken);
        await client.WriteAsync(refs, cancellationToken);
        return refs.AsSpan().IndexOf("object-format=sha256"u8) >= 0 ? ObjectFormat.Sha256 : ObjectFormat.Sha1;
    }

    private static async Task<byte[]> ReadSectionAsync(PipeReader from, CancellationToken cancellationToken)
    {
        var body = new AnswerBody(from);
        using var section = new MemoryStream();
        while (true)
        {
            ReadResult read = await body.ReadAsync(cancellationToken);
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
            {
                section.Write(segment.Span);
            }

            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                await body.CompleteAsync();
                return section.ToArray();
            }
        }
    }

    /// <summary>The commands, shallow lines, certificate and push options as they came; empty where the client wants nothing.</summary>
    private async Task<(byte[] Bytes, bool HasPack)> ReadCommandsAsync(ObjectFormat format, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await client.Input.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> rest = read.Buffer;
            if (TryReadCommands(ref rest, format, out bool hasPack))
            {
                byte[] bytes = read.Buffer.Slice(0, rest.Start).ToArray();
                client.Input.AdvanceTo(rest.Start);
                return bytes.Length == PktLineReader.HeaderLength ? ([], false) : (bytes, hasPack);
            }

            client.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                return ([], false);
            }

            if (read.Buffer.Length > MaxCommands)
            {
                throw new GitProtocolException(ProtocolError.TooLong, $"More than {MaxCommands} bytes of commands.");
            }
        }
    }

    private static bool TryReadCommands(ref ReadOnlySequence<byte> rest, ObjectFormat format, out bool hasPack)
    {
        hasPack = false;
        bool hasOptions = false, isFirst = true;
        while (PktLineReader.TryRead(ref rest, out PktLine line))
        {
            if (line.Kind == PktLineKind.Flush)
            {
                return !hasOptions || TrySkipOptions(ref rest);
            }

            byte[] text = line.Payload.ToArray();
            if (text.AsSpan().StartsWith("shallow "u8))
            {
                continue;
            }

            int end = text.AsSpan().IndexOf((byte)0);
            hasOptions |= isFirst && end >= 0 && text.AsSpan(end).IndexOf("push-options"u8) >= 0;
            isFirst = false;
            // old, new, ref: a pack follows unless every new id is none.
            int id = format.HexLength;
            hasPack |= text.Length <= 2 * id || text.AsSpan(id + 1, id).ContainsAnyExcept((byte)'0');
        }

        return false;
    }

    private static bool TrySkipOptions(ref ReadOnlySequence<byte> rest)
    {
        while (PktLineReader.TryRead(ref rest, out PktLine line))
        {
            if (line.Kind == PktLineKind.Flush)
            {
                return true;
            }
        }

        return false;
    }
}
