using System.Buffers;
using Waystation.CacheStore.Streams;
using Waystation.FetchCore;
using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;
using Waystation.SshFrontend.Channels;
using Waystation.SshFrontend.Upstreams;

namespace Waystation.SshFrontend.Sessions;

/// <summary>
/// A v0 or v1 conversation (gitprotocol-pack):
/// <code>
///   advertisement ►  the primary's, read as it passes
///   needs         ◄  the wants
///   boundary      ►  if the client moves its own: from a response that is ready to follow it, else the primary's
///   haves         ◄  round by round
///   ACK, NAK      ►  from the mirror, else the primary's
///   done          ◄
///   pack          ►  from the ladder, as in v2
/// </code>
/// Each round climbs the ladder as a request that holds everything that the client sent before. If the node cannot answer a round, it sends
/// all of this to the primary at once.
/// </summary>
internal sealed class V0Session(UploadPackCall call, SshFetchResponder responder, IV0Upstream upstream)
{
    private readonly ClientChannel _client = call.Client;

    /// <summary>The fetch under way, for its record: a round, or the whole conversation if the primary answers all of it.</summary>
    private ObservedFetch? _observed;

    public async Task<SessionEnd> RunAsync(CancellationToken cancellationToken)
    {
        var refs = new InfoRefsReader();
        await ShowRefsAsync(refs, cancellationToken);
        if (!refs.IsComplete)
        {
            return await upstream.ForwardAsync(default, _client, boundaryTold: false, cancellationToken)
                ?? SessionEnd.Saying("the primary's refs cannot be read");
        }

        using MemoryShare share = responder.Memory.Open();
        var reader = new V0RequestReader(_client.Input, upstream.Version, refs.ObjectFormat, share, () => responder.Now);
        try
        {
            return await reader.ReadNeedsAsync(cancellationToken) is var (needs, said)
                ? await NegotiateAsync(reader, needs, said, cancellationToken)
                : SessionEnd.Quiet;
        }
        catch (GitProtocolException e)
        {
            string trouble = $"waystation: the request cannot be read: {e.Message}";
            Open(reader, fetch: null, cancellationToken).TurnedAway(ForwardReason.Malformed, trouble);
            return SessionEnd.Complaining(trouble);
        }
        catch (RequestMemoryFullException e)
        {
            Open(reader, fetch: null, cancellationToken).Ended(FetchEnd.Busy, e.Message);
            throw;
        }
        finally
        {
            Close();
        }
    }

    private async Task ShowRefsAsync(InfoRefsReader refs, CancellationToken cancellationToken)
    {
        await upstream.Advertisement.CopyToAsync(
            _client.Output,
            bytes =>
            {
                refs.Read(bytes);
                upstream.Reading?.Read(bytes);
            },
            cancellationToken
        );
        await upstream.Advertisement.CompleteAsync();
    }

    private async Task<SessionEnd> NegotiateAsync(
        V0RequestReader reader,
        ParsedCommand needs,
        ReadOnlyMemory<byte> said,
        CancellationToken cancellationToken
    )
    {
        var fetch = needs as ParsedCommand.Fetch;
        ObservedFetch observed = Open(reader, fetch, cancellationToken);
        if (!call.IsSelected || fetch is null)
        {
            // The conversation is one fetch, which the primary answers round by round.
            observed.Bypassed(needs is ParsedCommand.Foreign foreign ? foreign.Reason.ToForwardReason() : ForwardReason.NotSelected);
            fetch = null;
        }

        bool deepens = FetchRequestV0Parser.Deepens(new ReadOnlySequence<byte>(said));
        var rounds = new V0Rounds(said, deepens);
        FetchAnswer.Pack? ahead = null;
        try
        {
            if (deepens)
            {
                FetchAnswer? answer = fetch is { Request.IsClone: true }
                    ? await AskAheadAsync(fetch, rounds, observed, cancellationToken)
                    : null;
                if (answer is FetchAnswer.Busy busy)
                {
                    // The primary must not make it instead.
                    return SshFetchResponder.EndOf(busy);
                }

                ahead = answer as FetchAnswer.Pack;
                if (ahead is null && await PassBoundaryAsync(fetch, answer, said, observed, cancellationToken) is { } end)
                {
                    return end;
                }
            }

            while (await reader.ReadRoundAsync(rounds, cancellationToken))
            {
                (FetchAnswer.Pack? ready, ahead) = (ahead, null);
                observed = Open(reader, fetch, cancellationToken);
                if (await AnswerRoundAsync(fetch, rounds, ready, observed, cancellationToken) is { } end)
                {
                    return end;
                }

                if (fetch is not null)
                {
                    Close();
                }
            }

            if (_observed is { HasEnded: false })
            {
                _observed.Ended(FetchEnd.ClientGone);
            }

            return SessionEnd.Quiet;
        }
        finally
        {
            if (ahead is not null)
            {
                await ahead.Reader.DisposeAsync();
            }
        }
    }

    /// <summary>The fetch that is under way, or a new one.</summary>
    private ObservedFetch Open(V0RequestReader reader, ParsedCommand.Fetch? fetch, CancellationToken cancellationToken)
    {
        if (_observed is null)
        {
            _observed = responder.Begin(call, reader.Begun, cancellationToken);
            _observed.Asked(upstream.Version, fetch?.Request);
        }

        return _observed;
    }

    /// <summary>The fetch is over: its record is made.</summary>
    private void Close()
    {
        _observed?.Dispose();
        _observed = null;
    }

    /// <summary>
    /// The answer for a client without haves. Its new boundary is written already, because the boundary does not depend on the
    /// haves.
    /// </summary>
    private async Task<FetchAnswer> AskAheadAsync(
        ParsedCommand.Fetch needs,
        V0Rounds rounds,
        ObservedFetch observed,
        CancellationToken cancellationToken
    )
    {
        FetchRequest request = needs.Request with { Pack = PackWhen.AtOnce };
        FetchCall asked = call.Of(request, needs.Framing, upstream.Asking(rounds.ToCloneBytes()), observed);
        FetchAnswer answer = await responder.AskAsync(asked, cancellationToken);
        switch (answer)
        {
            case FetchAnswer.Pack pack:
                new ResponseCodec(needs.Request, needs.Framing).WriteRound(_client.Output, pack.Reader.Prologue);
                await _client.Output.FlushAsync(cancellationToken);
                break;
            case FetchAnswer.Relay relay:
                await relay.Reply.DisposeAsync();
                break;
        }

        return answer;
    }

    /// <summary>Passes on the client's new boundary from the primary. Null if the conversation goes on.</summary>
    private async Task<SessionEnd?> PassBoundaryAsync(
        ParsedCommand.Fetch? fetch,
        FetchAnswer? answer,
        ReadOnlyMemory<byte> said,
        ObservedFetch observed,
        CancellationToken cancellationToken
    )
    {
        if (fetch is not null && answer is not (FetchAnswer.Forward or FetchAnswer.Relay))
        {
            observed.Bypassed(ForwardReason.NoPack);
        }

        SessionEnd? end = await PassAsync(said, boundaryTold: false, observed, cancellationToken);
        if (fetch is not null)
        {
            Close();
        }

        return end;
    }

    /// <summary>Null if the conversation goes on.</summary>
    private async Task<SessionEnd?> AnswerRoundAsync(
        ParsedCommand.Fetch? needs,
        V0Rounds rounds,
        FetchAnswer.Pack? ready,
        ObservedFetch observed,
        CancellationToken cancellationToken
    )
    {
        ReadOnlyMemory<byte> said = rounds.ToBytes();
        if (needs is not null)
        {
            FetchRequest request = needs.Request with
            {
                Haves = rounds.Haves,
                Pack = needs.Framing.WhenPackComes(rounds.Done, rounds.Haves.Count > 0),
            };
            observed.Asked(upstream.Version, request);
            ResponseFraming framing = needs.Framing with { IsToldBoundary = rounds.BoundaryTold };
            FetchCall asked = call.Of(request, framing, upstream.Asking(said), observed);
            if (ready is not null && !(rounds.Done && rounds.Haves.Count == 0))
            {
                await ready.Reader.DisposeAsync();
                ready = null;
            }

            FetchAnswer answer = ready ?? await responder.AskAsync(asked, cancellationToken);
            switch (await responder.AnswerAsync(asked, answer, _client, cancellationToken))
            {
                case FetchResponseEnd.Served served:
                    return served.IsPack ? SessionEnd.Quiet : null;
                case FetchResponseEnd.Over over:
                    return over.End;
                case FetchResponseEnd.Relay relay:
                    await using (relay.Reply)
                    {
                        return await SshFetchResponder.PassAsync(observed, _client, () => RelayAsync(relay.Reply, cancellationToken));
                    }
            }
        }

        SessionEnd? end = await PassAsync(said, rounds.BoundaryTold, observed, cancellationToken);
        return end ?? (rounds.Done ? SessionEnd.Quiet : null);
    }

    private Task<SessionEnd?> PassAsync(
        ReadOnlyMemory<byte> said,
        bool boundaryTold,
        ObservedFetch observed,
        CancellationToken cancellationToken
    ) => SshFetchResponder.PassAsync(observed, _client, () => upstream.ForwardAsync(said, _client, boundaryTold, cancellationToken));

    private async Task<SessionEnd?> RelayAsync(PrimaryReply reply, CancellationToken cancellationToken)
    {
        if (!reply.IsAnswer)
        {
            return call.Upstream.Explain(reply);
        }

        await reply.Body.CopyToAsync(_client.Output, cancellationToken);
        return new SessionEnd(SessionEnd.Died, "");
    }
}
