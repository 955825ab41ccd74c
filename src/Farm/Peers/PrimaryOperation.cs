using System.Buffers;
using Waystation.Farm.Peers.Messages;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Requests;

namespace Waystation.Farm.Peers;

/// <summary>The keeper of a mirror asks the primary through this node, in the name of a client of this node.</summary>
internal sealed class PrimaryOperation(OpenCalls calls) : IPeerOperation
{
    public string Name => AskingPrimary.Operation;

    public async Task RunAsync(PeerCall call, CancellationToken cancellationToken)
    {
        PrimaryMessage message = await call.Request.ReadHeadAsync<PrimaryMessage>(cancellationToken);
        byte[] request = await call.Request.ReadPieceAsync(cancellationToken, CommandParser.MaxCommandLength);
        if (calls.Find(message.Call, call.From.Name) is not { } open || !open.TryUse())
        {
            await call.Response.WriteHeadAsync(
                new PrimaryReplyMessage(IsAnswer: false) { Failure = PrimaryFailure.NoSuchCall },
                cancellationToken
            );
            return;
        }

        using (open)
        {
            if (message.Question == PrimaryQuestion.View)
            {
                await call.Response.WriteHeadAsync(new PrimaryReplyMessage(IsAnswer: true), cancellationToken);
                await call.Response.WritePieceAsync(open.View, cancellationToken);
                return;
            }

            await PassOnAsync(call, open.Primary, message, request, cancellationToken);
        }
    }

    private static async Task PassOnAsync(
        PeerCall call,
        IPrimary primary,
        PrimaryMessage message,
        byte[] request,
        CancellationToken cancellationToken
    )
    {
        PrimaryReply reply;
        try
        {
            reply = await call.PulseUntilAsync(AskAsync(primary, message, request, cancellationToken), cancellationToken);
        }
        catch (PrimaryException e)
        {
            await call.Response.WriteHeadAsync(FailureOf(e), cancellationToken);
            return;
        }

        await using (reply)
        {
            await call.Response.WriteHeadAsync(
                new PrimaryReplyMessage(reply.IsAnswer, reply.IsRefusal, reply.Complaint),
                cancellationToken
            );
            await call.Response.FlushAsync(cancellationToken);
            await call.CopyAsync(reply.Body, cancellationToken);
        }
    }

    private static async Task<PrimaryReply> AskAsync(
        IPrimary primary,
        PrimaryMessage message,
        byte[] request,
        CancellationToken cancellationToken
    ) =>
        message.Question switch
        {
            PrimaryQuestion.Fetch => await primary.FetchAsync(cancellationToken),
            PrimaryQuestion.InfoRefs => await primary.InfoRefsAsync(cancellationToken),
            PrimaryQuestion.OwnRefs => await primary.AskRefsAsync(cancellationToken),
            PrimaryQuestion.LsRefs => await primary.LsRefsAsync(LsRefsOf(request), cancellationToken),
            PrimaryQuestion.Sync when message.Framing is { } framing => await primary.SyncAsync(
                FetchMessage.Read(request, message.Pack),
                framing,
                cancellationToken
            ),
            _ => throw new IOException("a peer asked a question that is none"),
        };

    private static LsRefsRequest LsRefsOf(byte[] request)
    {
        try
        {
            return CommandParser.Parse(new ReadOnlySequence<byte>(request)) is ParsedCommand.LsRefs refs
                ? refs.Request
                : throw new IOException("a peer sent a question that is no ls-refs");
        }
        catch (GitProtocolException e)
        {
            throw new IOException("a peer sent a question that cannot be read", e);
        }
    }

    private static PrimaryReplyMessage FailureOf(PrimaryException e) =>
        new(IsAnswer: false)
        {
            Failure = e switch
            {
                PrimaryBusyException => PrimaryFailure.Busy,
                PrimaryOutageException => PrimaryFailure.Outage,
                _ => PrimaryFailure.Call,
            },
            Trouble = e.Message,
            RetryAfter = (e as PrimaryBusyException)?.RetryAfter ?? TimeSpan.Zero,
            ConcernsAll = (e as PrimaryBusyException)?.ConcernsAll ?? false,
        };
}
