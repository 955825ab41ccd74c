using System.Buffers;
using System.IO.Pipelines;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Primaries;

/// <summary>
/// Asks the primary where the history of some commits ends there. A shallow repository shows that only in a response to a fetch. In v0 the
/// node asks for full depth: the response ends with the boundary, and the primary makes no pack. If the primary answers one question at a
/// time, the node asks in v2 on the same connection, with the wants as haves: then the pack is empty.
/// </summary>
internal static class PrimaryBoundary
{
    /// <summary>Whether none of these commits leads to a boundary of the primary; null if it does not say.</summary>
    public static async Task<bool?> IsNoneAsync(
        IPrimary primary,
        ObjectFormat format,
        IReadOnlyList<ObjectId> wants,
        CancellationToken cancellationToken
    )
    {
        var question = new FetchRequest
        {
            ObjectFormat = format,
            Wants = wants,
            OfsDelta = true,
        };
        var framing = new ResponseFraming { NoProgress = true };
        (question, framing) = primary.AnswersOneAtATime
            ? (question with { Haves = wants, Pack = PackWhen.AtOnce }, framing)
            : (question with { Depth = int.MaxValue, Pack = PackWhen.Never }, framing with { ProtocolVersion = 0 });
        await using PrimaryReply reply = await primary.SyncAsync(question, framing, cancellationToken);
        if (!reply.IsAnswer)
        {
            return null;
        }

        if (framing.ProtocolVersion == 0)
        {
            return await EndsAtOnceAsync(reply.Body, cancellationToken);
        }

        FetchPrologue? prologue = await PackResponse.ReadPrologueAsync(reply.Body, question, framing, cancellationToken);
        // Read to the end, so that the connection can take the next question.
        await reply.Body.ReadToEndAsync(cancellationToken);
        return prologue is null ? null : prologue.Shallow.Count == 0;
    }

    /// <summary>
    /// Whether the first packet is the flush-pkt that ends the boundary (gitprotocol-pack, Packfile Negotiation); null if it is neither
    /// that nor a commit of the boundary.
    /// </summary>
    private static async Task<bool?> EndsAtOnceAsync(PipeReader body, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await body.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> buffer = read.Buffer;
            try
            {
                if (PktLineReader.TryRead(ref buffer, out PktLine first))
                {
                    body.AdvanceTo(read.Buffer.Start);
                    return first.Kind == PktLineKind.Flush ? true
                        : first.TryStripPrefix(Keywords.Shallow, out _) ? false
                        : null;
                }
            }
            catch (GitProtocolException)
            {
                body.AdvanceTo(read.Buffer.Start);
                return null;
            }

            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                return null;
            }
        }
    }
}
