using System.IO.Pipelines;
using Waystation.Farm.Peers.Messages;
using Waystation.FetchCore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.Farm.Peers;

/// <summary>
/// Another node asks for a pack. This node climbs its own ladder, by the listings that the primary showed to the client there, and asks
/// the primary through that node. So no client gets an object that its credential was not shown.
/// </summary>
internal sealed class FetchOperation(
    FetchResponder responder,
    AccessTickets tickets,
    CredentialDigester digester,
    PeerClient client,
    KnownViews views
) : IPeerOperation
{
    internal const string Operation = "fetch";

    private static readonly ResponseFraming s_framing = ResponseFraming.V2 with { NoProgress = true };

    public string Name => Operation;

    public async Task RunAsync(PeerCall call, CancellationToken cancellationToken)
    {
        FetchMessage message = await call.Request.ReadHeadAsync<FetchMessage>(cancellationToken);
        FetchRequest request = FetchMessage.Read(
            await call.Request.ReadPieceAsync(cancellationToken, CommandParser.MaxCommandLength),
            message.Pack
        );
        Credential credential =
            message.Credential is { } token && Credential.TryParseToken(token, out Credential known) ? known : digester.Digest([]);
        using ObservedFetch observed = responder.Observer.BeginOfPeer(call.From.Name, message.Repository, credential, cancellationToken);
        observed.Asked(message.Framing.ProtocolVersion, request);
        var primary = new AskingPrimary(client, call.From, message, tickets);
        AccessView view = await call.PulseUntilAsync(views.FindAsync(message.View, primary, cancellationToken), cancellationToken);
        var fetch = new FetchCall(message.Repository, credential, request, message.Framing, message.Visibility, primary, observed)
        {
            Shown = view,
            From = call.From.Name,
            IsOfStranger = message.IsOfStranger,
            IsHeldOnly = message.IsRecorded,
        };
        FetchAnswer answer = await call.PulseUntilAsync(responder.AskAsync(fetch, cancellationToken), cancellationToken);
        await SendAsync(call, fetch with { Framing = s_framing }, answer, cancellationToken);
    }

    private async Task SendAsync(PeerCall call, FetchCall fetch, FetchAnswer answer, CancellationToken cancellationToken)
    {
        switch (answer)
        {
            case FetchAnswer.Pack pack:
                await using (pack.Reader)
                {
                    await call.Response.WriteHeadAsync(new FetchReplyMessage(HasAnswer: true), cancellationToken);
                    await call.Response.FlushAsync(cancellationToken);
                    PipeWriter output = Output(call);
                    FetchEnd end = await responder.SendAsync(fetch, pack, output, cancellationToken);
                    await output.CompleteAsync();
                    if (end is not FetchEnd.Whole)
                    {
                        throw new IOException("the pack ended early");
                    }
                }

                break;
            case FetchAnswer.Round round:
                await call.Response.WriteHeadAsync(new FetchReplyMessage(HasAnswer: true), cancellationToken);
                PipeWriter rounds = Output(call);
                await FetchResponder.SendRoundAsync(fetch, round, rounds, cancellationToken);
                await rounds.CompleteAsync();
                break;
            case FetchAnswer.Relay relay:
                await relay.Reply.DisposeAsync();
                await TellNoneAsync(call, "the primary has no pack", cancellationToken);
                break;
            case FetchAnswer.Forward forward:
                await TellNoneAsync(call, forward.Reason.ToWord(), cancellationToken);
                break;
            case FetchAnswer.Busy:
                await TellNoneAsync(call, "too many packs wait for their turn", cancellationToken);
                break;
            case FetchAnswer.Unreachable unreachable:
                await TellNoneAsync(call, unreachable.Cause.Message, cancellationToken);
                break;
        }
    }

    private static PipeWriter Output(PeerCall call) =>
        PipeWriter.Create(call.Response, new StreamPipeWriterOptions(minimumBufferSize: 256 * 1024, leaveOpen: true));

    private static ValueTask TellNoneAsync(PeerCall call, string reason, CancellationToken cancellationToken) =>
        call.Response.WriteHeadAsync(new FetchReplyMessage(HasAnswer: false, reason), cancellationToken);
}
