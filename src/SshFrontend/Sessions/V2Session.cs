using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Refs;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Requests;
using Waystation.SshFrontend.Channels;
using Waystation.SshFrontend.Upstreams;

namespace Waystation.SshFrontend.Sessions;

/// <summary>
/// A v2 conversation: many commands on one channel (gitprotocol-v2). <c>ls-refs</c> is the primary's, read on the way; a fetch
/// goes up the ladder; what is not understood goes to the primary as it came.
/// </summary>
internal sealed class V2Session(UploadPackCall call, SshFetchResponder responder, RefsService refs)
{
    private readonly IUpstream _upstream = call.Upstream;
    private readonly ClientChannel _client = call.Client;

    public async Task<SessionEnd> RunAsync(CapabilityAdvertisement capabilities, CancellationToken cancellationToken)
    {
        await _client.WriteAsync(capabilities.Bytes, cancellationToken);
        using MemoryShare share = responder.Memory.Open();
        long scanned = 0;
        while (true)
        {
            ReadResult read = await _client.Input.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> buffer = read.Buffer;
            ParsedCommand? command;
            try
            {
                if (!CommandParser.TryReadCommand(ref buffer, ref scanned, out command))
                {
                    _client.Input.AdvanceTo(buffer.Start, buffer.End);
                    if (read.IsCompleted)
                    {
                        return buffer.IsEmpty ? SessionEnd.Quiet : SessionEnd.Saying("the client left in the middle of a request");
                    }

                    // The bytes, and what they are parsed into when the last has come.
                    share.GrowTo(buffer.Length * (1 + RequestCost.ParsedByte));
                    continue;
                }
            }
            catch (GitProtocolException e)
            {
                return SessionEnd.Complaining($"waystation: the request cannot be read: {e.Message}");
            }

            byte[] bytes = read.Buffer.Slice(0, buffer.Start).ToArray();
            _client.Input.AdvanceTo(buffer.Start);
            if (command is null)
            {
                return SessionEnd.Quiet;
            }

            share.ShrinkTo(bytes.Length + (command is ParsedCommand.Fetch fetch ? RequestCost.Parsed(fetch.Request) : 0));
            if (await TakeAsync(command, bytes, cancellationToken) is { } end)
            {
                return end;
            }

            share.ShrinkTo(0);
        }
    }

    /// <summary>Null where the conversation goes on.</summary>
    private async Task<SessionEnd?> TakeAsync(ParsedCommand command, byte[] bytes, CancellationToken cancellationToken)
    {
        switch (command)
        {
            case ParsedCommand.LsRefs lsRefs:
                return await ShowRefsAsync(lsRefs.Request, bytes, cancellationToken);
            case ParsedCommand.Fetch fetch when call.IsSelected:
                IPrimary primary = _upstream.Asking(bytes);
                FetchResponseEnd turn = await responder.RespondAsync(
                    call.Of(fetch.Request, fetch.Framing, primary),
                    _client,
                    cancellationToken
                );
                switch (turn)
                {
                    case FetchResponseEnd.Served:
                        return null;
                    case FetchResponseEnd.Over over:
                        return over.End;
                    case FetchResponseEnd.Relay relay:
                        await using (relay.Reply)
                        {
                            return await RelayAsync(relay.Reply, cancellationToken);
                        }

                    default:
                        return await ForwardAsync(primary, cancellationToken);
                }

            default:
                responder.NoteBypass(
                    call,
                    command is ParsedCommand.Foreign foreign ? foreign.Reason.ToForwardReason() : ForwardReason.NotSelected
                );
                return await ForwardAsync(_upstream.Asking(bytes), cancellationToken);
        }
    }

    private async Task<SessionEnd?> ShowRefsAsync(LsRefsRequest asked, byte[] bytes, CancellationToken cancellationToken)
    {
        string question = $"ssh {Convert.ToHexStringLower(SHA256.HashData(bytes))}";
        using RefsAnswer answer = await refs.AskAsync(
            new RefsQuery
            {
                Key = new RefsKey(call.Repository, _upstream.Credential, question),
                Primary = _upstream.Asking(bytes),
                LsRefs = asked,
                ProtocolVersion = 2,
            },
            cancellationToken
        );
        return answer is RefsAnswer.Streamed { Reply: { IsAnswer: false } reply } ? _upstream.Explain(reply)
            : await ReplyCopy.CopyAsync(answer.Body, _client, cancellationToken) ? null
            : SessionEnd.Saying("the primary's answer broke off; try again");
    }

    private async Task<SessionEnd?> ForwardAsync(IPrimary primary, CancellationToken cancellationToken)
    {
        await using PrimaryReply reply = await primary.FetchAsync(cancellationToken);
        return await RelayAsync(reply, cancellationToken);
    }

    private async Task<SessionEnd?> RelayAsync(PrimaryReply reply, CancellationToken cancellationToken)
    {
        refs.NoteRefusal(call.Repository, _upstream.Credential, reply);
        return !reply.IsAnswer ? _upstream.Explain(reply)
            : await ReplyCopy.CopyAsync(reply.Body, _client, cancellationToken) ? null
            : SessionEnd.Saying("the primary's answer broke off; try again");
    }
}
