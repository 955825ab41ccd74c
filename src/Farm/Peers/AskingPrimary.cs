using System.Buffers;
using Waystation.Farm.Nodes;
using Waystation.Farm.Peers.Messages;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.Farm.Peers;

/// <summary>
/// The primary, asked through the node that received the client's request: that node has the client's credential, and sends the bytes of
/// the reply here.
/// </summary>
/// <param name="client">Asks the node.</param>
/// <param name="node">The node that asked.</param>
/// <param name="message">Its call.</param>
/// <param name="tickets">Its clock gives the time of a question.</param>
internal sealed class AskingPrimary(PeerClient client, FarmNode node, FetchMessage message, AccessTickets tickets) : IPrimary
{
    internal const string Operation = "primary";

    /// <summary>The primary itself may be slow; the node between shows that it is alive every second.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <inheritdoc />
    public bool AnswersOneAtATime => message.AnswersOneAtATime;

    /// <inheritdoc />
    public Task<PrimaryReply> FetchAsync(CancellationToken cancellationToken) => AskAsync(PrimaryQuestion.Fetch, cancellationToken);

    /// <inheritdoc />
    public Task<PrimaryReply> AskRefsAsync(CancellationToken cancellationToken) => AskAsync(PrimaryQuestion.OwnRefs, cancellationToken);

    /// <inheritdoc />
    public Task<PrimaryReply> SyncAsync(FetchRequest request, ResponseFraming framing, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return AskAsync(
            new PrimaryMessage(message.Call, PrimaryQuestion.Sync, request.Pack, framing),
            FetchMessage.Write(request),
            cancellationToken
        );
    }

    /// <inheritdoc />
    public Task<PrimaryReply> LsRefsAsync(LsRefsRequest request, CancellationToken cancellationToken)
    {
        var writer = new ArrayBufferWriter<byte>();
        LsRefsRequestWriter.Write(writer, request, agent: null, sayObjectFormat: true);
        return AskAsync(new PrimaryMessage(message.Call, PrimaryQuestion.LsRefs), writer.WrittenMemory, cancellationToken);
    }

    /// <inheritdoc />
    public Task<PrimaryReply> InfoRefsAsync(CancellationToken cancellationToken) => AskAsync(PrimaryQuestion.InfoRefs, cancellationToken);

    /// <summary>The view of the credential, as its node has it.</summary>
    /// <exception cref="IOException">The node did not send it.</exception>
    public async Task<byte[]> ReadViewAsync(CancellationToken cancellationToken)
    {
        await using PeerResponse response = await SendAsync(
            new PrimaryMessage(message.Call, PrimaryQuestion.View),
            default,
            cancellationToken
        );
        PrimaryReplyMessage head = await response.Body.ReadHeadAsync<PrimaryReplyMessage>(cancellationToken);
        return head.Failure is null
            ? await response.Body.ReadPieceAsync(cancellationToken)
            : throw new IOException("the node that asks has ended its call");
    }

    private Task<PrimaryReply> AskAsync(PrimaryQuestion question, CancellationToken cancellationToken) =>
        AskAsync(new PrimaryMessage(message.Call, question), default, cancellationToken);

    private async Task<PrimaryReply> AskAsync(PrimaryMessage question, ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        long askedAt = tickets.Now;
        PeerResponse response = await SendAsync(question, request, cancellationToken);
        try
        {
            PrimaryReplyMessage head = await response.Body.ReadHeadAsync<PrimaryReplyMessage>(cancellationToken);
            if (head.Failure is { } failure)
            {
                throw Of(failure, head);
            }

            return new PeerReply(response, askedAt)
            {
                Said = head.IsAnswer,
                Refused = head.IsRefusal,
                Complained = head.Complaint,
            };
        }
        catch (IOException e) when (e is not PrimaryException)
        {
            await response.DisposeAsync();
            throw new PrimaryException(e.Message, e);
        }
        catch
        {
            await response.DisposeAsync();
            throw;
        }
    }

    private async Task<PeerResponse> SendAsync(
        PrimaryMessage question,
        ReadOnlyMemory<byte> request,
        CancellationToken cancellationToken
    ) =>
        await client.SendAsync(
            node,
            Operation,
            async (writer, token) =>
            {
                await writer.WriteHeadAsync(question, token);
                await writer.WritePieceAsync(request, token);
            },
            s_patience,
            cancellationToken
        ) ?? throw new PrimaryException($"node {node.Name}, which has the client's request, does not answer");

    private static PrimaryException Of(PrimaryFailure failure, PrimaryReplyMessage head) =>
        failure switch
        {
            PrimaryFailure.Busy => new PrimaryBusyException(head.Trouble ?? "", head.RetryAfter) { ConcernsAll = head.ConcernsAll },
            PrimaryFailure.Outage => new PrimaryOutageException(head.Trouble ?? ""),
            _ => new PrimaryException(head.Trouble ?? "the node that asks has ended its call"),
        };
}
