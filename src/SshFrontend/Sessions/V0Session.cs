using System.Buffers;
using System.IO.Pipelines;
using Waystation.CacheStore.Streams;
using Waystation.FetchCore;
using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;
using Waystation.SshFrontend.Channels;
using Waystation.SshFrontend.Upstreams;

namespace Waystation.SshFrontend.Sessions;

/// <summary>
/// A v0 or v1 conversation (gitprotocol-pack):
/// <code>
///   advertisement ►  the primary's, read on the way
///   needs         ◄  what is wanted
///   boundary      ►  where the client moves its own: from an answer that is ready to follow it, else the primary's
///   haves         ◄  round by round
///   ACK, NAK      ►  from the mirror, else the primary's
///   done          ◄
///   pack          ►  up the ladder, as ever
/// </code>
/// Each round goes up the ladder as a request that holds all that was said before. What cannot be answered here the primary
/// answers, who hears it all at once.
/// </summary>
internal sealed class V0Session(UploadPackCall call, SshFetchResponder responder, IV0Upstream upstream)
{
    private readonly ClientChannel _client = call.Client;

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
        try
        {
            (ParsedCommand? needs, byte[] said, bool isWhole) = await ReadNeedsAsync(refs.ObjectFormat, share, cancellationToken);
            return !isWhole || needs is null
                ? SessionEnd.Quiet
                : await NegotiateAsync(needs, said, refs.ObjectFormat, share, cancellationToken);
        }
        catch (GitProtocolException e)
        {
            return SessionEnd.Complaining($"waystation: the request cannot be read: {e.Message}");
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

    private async Task<(ParsedCommand? Needs, byte[] Said, bool IsWhole)> ReadNeedsAsync(
        ObjectFormat format,
        MemoryShare share,
        CancellationToken cancellationToken
    )
    {
        long scanned = 0;
        while (true)
        {
            ReadResult read = await _client.Input.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> buffer = read.Buffer;
            if (FetchRequestV0Parser.TryReadNeeds(ref buffer, ref scanned, upstream.Version, format, out ParsedCommand? needs))
            {
                byte[] said = read.Buffer.Slice(0, buffer.Start).ToArray();
                _client.Input.AdvanceTo(buffer.Start);
                return (needs, said, IsWhole: true);
            }

            _client.Input.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
            {
                return (null, [], IsWhole: false);
            }

            share.GrowTo(buffer.Length * (1 + RequestCost.ParsedByte));
        }
    }

    private async Task<SessionEnd> NegotiateAsync(
        ParsedCommand needs,
        byte[] said,
        ObjectFormat format,
        MemoryShare share,
        CancellationToken cancellationToken
    )
    {
        ParsedCommand.Fetch? fetch = call.IsSelected ? needs as ParsedCommand.Fetch : null;
        if (fetch is null)
        {
            responder.NoteBypass(
                call,
                needs is ParsedCommand.Foreign foreign ? foreign.Reason.ToForwardReason() : ForwardReason.NotSelected
            );
        }

        bool deepens = FetchRequestV0Parser.Deepens(new ReadOnlySequence<byte>(said));
        FetchAnswer.Pack? ahead = null;
        try
        {
            if (deepens)
            {
                FetchAnswer? answer = fetch is { Request.IsClone: true } ? await AskAheadAsync(fetch, said, cancellationToken) : null;
                if (answer is FetchAnswer.Busy busy)
                {
                    // The primary is not to make it instead.
                    return responder.EndOf(busy);
                }

                ahead = answer as FetchAnswer.Pack;

                if (ahead is null && await upstream.ForwardAsync(said, _client, boundaryTold: false, cancellationToken) is { } end)
                {
                    return end;
                }
            }

            var rounds = new Rounds(said, deepens);
            while (await ReadRoundAsync(rounds, format, share, cancellationToken))
            {
                (FetchAnswer.Pack? ready, ahead) = (ahead, null);
                if (await AnswerRoundAsync(fetch, rounds, ready, cancellationToken) is { } end)
                {
                    return end;
                }
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

    /// <summary>
    /// The answer that the client gets if it has nothing, with its new boundary written already: that one does not depend on what
    /// it has. Null where there is none, and no pack where too many wait.
    /// </summary>
    private async Task<FetchAnswer?> AskAheadAsync(ParsedCommand.Fetch needs, byte[] said, CancellationToken cancellationToken)
    {
        FetchCall asked = call.Of(
            needs.Request with
            {
                Pack = PackWhen.AtOnce,
            },
            needs.Framing,
            upstream.Asking(Concatenate(said, DoneLine()))
        );
        switch (await responder.AskAsync(asked, cancellationToken))
        {
            case FetchAnswer.Pack pack:
                new ResponseCodec(needs.Request, needs.Framing).WriteRound(_client.Output, pack.Reader.Prologue);
                await _client.Output.FlushAsync(cancellationToken);
                return pack;
            case FetchAnswer.Relay relay:
                await relay.Reply.DisposeAsync();
                return null;
            case FetchAnswer.Busy busy:
                return busy;
            default:
                return null;
        }
    }

    private async Task<bool> ReadRoundAsync(Rounds rounds, ObjectFormat format, MemoryShare share, CancellationToken cancellationToken)
    {
        long scanned = 0,
            said = rounds.Needs.Length * (1 + RequestCost.ParsedByte);
        while (true)
        {
            ReadResult read = await _client.Input.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> buffer = read.Buffer;
            bool isWhole = FetchRequestV0Parser.TryReadRound(ref buffer, ref scanned, format, rounds.Haves, out bool done);
            _client.Input.AdvanceTo(buffer.Start, isWhole ? buffer.Start : buffer.End);
            if (isWhole || read.IsCompleted)
            {
                share.GrowTo(said + (rounds.Haves.Count * RequestCost.ParsedId));
                rounds.Done = done;
                return isWhole;
            }

            share.GrowTo(said + (rounds.Haves.Count * RequestCost.ParsedId) + (buffer.Length * (1 + RequestCost.ParsedByte)));
        }
    }

    /// <summary>Null where the conversation goes on.</summary>
    private async Task<SessionEnd?> AnswerRoundAsync(
        ParsedCommand.Fetch? needs,
        Rounds rounds,
        FetchAnswer.Pack? ready,
        CancellationToken cancellationToken
    )
    {
        byte[] said = rounds.ToBytes();
        if (needs is not null)
        {
            FetchRequest request = needs.Request with
            {
                Haves = rounds.Haves,
                Pack = needs.Framing.WhenPackComes(rounds.Done, rounds.Haves.Count > 0),
            };
            FetchCall asked = call.Of(request, needs.Framing with { IsToldBoundary = rounds.BoundaryTold }, upstream.Asking(said));
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
                        return await RelayAsync(relay.Reply, cancellationToken);
                    }
            }
        }

        SessionEnd? end = await upstream.ForwardAsync(said, _client, rounds.BoundaryTold, cancellationToken);
        return end ?? (rounds.Done ? SessionEnd.Quiet : null);
    }

    private async Task<SessionEnd> RelayAsync(PrimaryReply reply, CancellationToken cancellationToken)
    {
        if (!reply.IsAnswer)
        {
            return call.Upstream.Explain(reply);
        }

        await reply.Body.CopyToAsync(_client.Output, cancellationToken);
        return new SessionEnd(SessionEnd.Died, "");
    }

    private static byte[] Concatenate(byte[] first, ReadOnlySpan<byte> second) => [.. first, .. second];

    private static ReadOnlySpan<byte> DoneLine() => "0009done\n"u8;

    /// <summary>All that the client has said.</summary>
    private sealed class Rounds(byte[] needs, bool boundaryTold)
    {
        public ReadOnlySpan<byte> Needs => needs;

        public bool BoundaryTold => boundaryTold;

        public List<ObjectId> Haves { get; } = [];

        public bool Done { get; set; }

        public byte[] ToBytes()
        {
            var written = new ArrayBufferWriter<byte>();
            written.Write(needs);
            foreach (ObjectId have in Haves)
            {
                PktLineWriter.WriteText(written, $"have {have}");
            }

            written.Write(Done ? DoneLine() : "0000"u8);
            return written.WrittenSpan.ToArray();
        }
    }
}
