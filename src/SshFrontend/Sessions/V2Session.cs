using System.Security.Cryptography;
using Waystation.FetchCore;
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
/// A v2 conversation: many commands on one channel (gitprotocol-v2). The primary answers <c>ls-refs</c>, which is read as it passes. A
/// fetch climbs the ladder. A command that the node does not understand is forwarded unchanged.
/// </summary>
internal sealed class V2Session(UploadPackCall call, SshFetchResponder responder, RefsService refs)
{
    private readonly IUpstream _upstream = call.Upstream;
    private readonly ClientChannel _client = call.Client;

    public async Task<SessionEnd> RunAsync(CapabilityAdvertisement capabilities, CancellationToken cancellationToken)
    {
        await _client.WriteAsync(capabilities.Bytes, cancellationToken);
        using MemoryShare share = responder.Memory.Open();
        var reader = new V2CommandReader(_client.Input, share, () => responder.Now);
        try
        {
            while (await reader.ReadAsync(cancellationToken) is { } command)
            {
                if (await TakeAsync(command, reader.Bytes, reader.Begun, cancellationToken) is { } end)
                {
                    return end;
                }

                share.ShrinkTo(0);
            }

            return reader.IsCut ? SessionEnd.Saying("the client closed the connection in the middle of a request") : SessionEnd.Quiet;
        }
        catch (GitProtocolException e)
        {
            string trouble = $"waystation: the request cannot be read: {e.Message}";
            using ObservedFetch unread = Begin(reader.Begun, request: null, cancellationToken);
            unread.TurnedAway(ForwardReason.Malformed, trouble);
            return SessionEnd.Complaining(trouble);
        }
        catch (RequestMemoryFullException e)
        {
            using ObservedFetch unread = Begin(reader.Begun, request: null, cancellationToken);
            unread.Ended(FetchEnd.Busy, e.Message);
            throw;
        }
    }

    private ObservedFetch Begin(long begun, FetchRequest? request, CancellationToken cancellationToken)
    {
        ObservedFetch observed = responder.Begin(call, begun, cancellationToken);
        observed.Asked(2, request);
        return observed;
    }

    /// <summary>Null if the conversation goes on.</summary>
    private async Task<SessionEnd?> TakeAsync(
        ParsedCommand command,
        ReadOnlyMemory<byte> bytes,
        long begun,
        CancellationToken cancellationToken
    )
    {
        if (command is ParsedCommand.LsRefs lsRefs)
        {
            return await ShowRefsAsync(lsRefs.Request, bytes, cancellationToken);
        }

        var fetch = command as ParsedCommand.Fetch;
        IPrimary primary = _upstream.Asking(bytes);
        using ObservedFetch observed = Begin(begun, fetch?.Request, cancellationToken);
        if (fetch is null || !call.IsSelected)
        {
            observed.Bypassed(command is ParsedCommand.Foreign foreign ? foreign.Reason.ToForwardReason() : ForwardReason.NotSelected);
            return await ForwardAsync(primary, observed, cancellationToken);
        }

        FetchCall asked = call.Of(fetch.Request, fetch.Framing, primary, observed);
        switch (await responder.RespondAsync(asked, _client, cancellationToken))
        {
            case FetchResponseEnd.Served:
                return null;
            case FetchResponseEnd.Over over:
                return over.End;
            case FetchResponseEnd.Relay relay:
                await using (relay.Reply)
                {
                    return await RelayAsync(relay.Reply, observed, cancellationToken);
                }

            default:
                return await ForwardAsync(primary, observed, cancellationToken);
        }
    }

    private async Task<SessionEnd?> ShowRefsAsync(LsRefsRequest asked, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        string question = $"ssh {Convert.ToHexStringLower(SHA256.HashData(bytes.Span))}";
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
            : SessionEnd.BrokenOff;
    }

    private async Task<SessionEnd?> ForwardAsync(IPrimary primary, ObservedFetch observed, CancellationToken cancellationToken) =>
        await SshFetchResponder.PassAsync(
            observed,
            _client,
            async () =>
            {
                await using PrimaryReply reply = await primary.FetchAsync(cancellationToken);
                return await RelayAsync(reply, cancellationToken);
            }
        );

    private Task<SessionEnd?> RelayAsync(PrimaryReply reply, ObservedFetch observed, CancellationToken cancellationToken) =>
        SshFetchResponder.PassAsync(observed, _client, () => RelayAsync(reply, cancellationToken));

    private async Task<SessionEnd?> RelayAsync(PrimaryReply reply, CancellationToken cancellationToken)
    {
        refs.NoteRefusal(call.Repository, _upstream.Credential, reply);
        return !reply.IsAnswer ? _upstream.Explain(reply)
            : await ReplyCopy.CopyAsync(reply.Body, _client, cancellationToken) ? null
            : SessionEnd.BrokenOff;
    }
}
