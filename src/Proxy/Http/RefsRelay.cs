using System.Buffers;
using Microsoft.Extensions.Primitives;
using Waystation.FetchCore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Work;
using Waystation.GitProtocol.Advertisements;
using Waystation.Primaries.Http;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Http;

/// <summary>
/// Questions for refs: they are the primary's to answer, and its answer is read on the way. Equal ones share one request
/// (<see cref="RefsShield"/>); in an outage what is recorded stands in (<see cref="RecordedRefs"/>).
/// </summary>
internal sealed class RefsRelay(
    RefsShield shield,
    RecordedRefs recorded,
    PassThrough passThrough,
    ClientIdentity identity,
    AccessTickets tickets,
    MovedRefs moved,
    FetchMeters meters,
    ILogger<RefsRelay> logger
)
{
    /// <summary>Asks for the client and gives it the answer.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="asked">Its <c>ls-refs</c>; null where it asks for the advertisement.</param>
    /// <param name="body">Its body as it came; empty for the advertisement.</param>
    public async Task HandleAsync(DoorRequest request, LsRefsRequest? asked, ReadOnlyMemory<byte> body)
    {
        HttpContext context = request.Context;
        List<KeyValuePair<string, StringValues>> headers = ClientHeaders.EndToEnd(context.Request);
        var primary = new HttpPrimary(request.AskerWith(request.Git.Target, headers), body, tickets, meters);
        RefsKey key = identity.KeyOf(request, headers, body.Span);
        MirrorMoment? moment = null;
        PassingReader? reader = null;

        // Its own, made now: those who share the answer may wait for it longer than this request lasts.
        Func<RefListing, int, SyncAsker> askerOf = request.Askers(tickets, meters);
        try
        {
            using RefsAnswer answer = await shield.AskAsync(
                key,
                token =>
                {
                    moment = moved.Begin(request.Repository);
                    return primary.AskRefsAsync(token);
                },
                reply =>
                {
                    reader = ReaderOf(request, asked, reply);
                    return Watch(
                        request,
                        asked,
                        reply,
                        reader,
                        moment is { } seen ? (listing, version) => moved.See(seen, askerOf(listing, version)) : null
                    );
                },
                context.RequestAborted
            );
            await answer.WriteAsync(context, request.Primary, CacheStatus.Bypass(ForwardReason.NotAFetch));
            if (reader is { IsComplete: false })
            {
                // Nothing that this client was told before is to be relied on: the repository may have been made anew.
                tickets.Refuse(request.Repository, request.Credential, tickets.Now);
            }
        }
        catch (IOException e) when (!context.RequestAborted.IsCancellationRequested)
        {
            await FailAsync(request, asked, e);
        }
    }

    private async Task FailAsync(DoorRequest request, LsRefsRequest? asked, IOException failure)
    {
        HttpContext context = request.Context;
        if (failure is not PrimaryBusyException)
        {
            tickets.OutdateCapabilities(request.Repository, request.Credential);
        }

        if (context.Response.HasStarted)
        {
            // What has left must not end as if it were whole.
            logger.PrimaryFailed(context.Request.Method, context.Request.Path, failure.Message);
            context.Abort();
            return;
        }

        bool isOut =
            failure is PrimaryOutageException
            || (failure is not PrimaryBusyException && request.Primary.Http.Gate.IsOut(request.Repository, request.Credential));
        if (
            (isOut && await recorded.TryAnswerAsync(request, asked))
            || ((isOut || failure is PrimaryBusyException) && await recorded.TryChallengeAsync(request))
        )
        {
            return;
        }

        await passThrough.RefuseAsync(context, request.Primary, failure);
    }

    /// <summary>Reads the answer on its way; null where it is none.</summary>
    private PassingReader? ReaderOf(DoorRequest request, LsRefsRequest? asked, HttpPrimaryReply reply)
    {
        if (reply.IsRefusal)
        {
            tickets.Refuse(request.Repository, request.Credential, tickets.Now);
        }

        return !reply.IsAnswer ? null
            : asked is null ? new InfoRefsReader()
            : new LsRefsReader(asked.ObjectFormat);
    }

    /// <summary>What is learned of the answer is known before the client can act on it.</summary>
    private ReadOnlySpanAction<byte, object?>? Watch(
        DoorRequest request,
        LsRefsRequest? asked,
        HttpPrimaryReply reply,
        PassingReader? reader,
        Action<RefListing, int>? follow
    )
    {
        if (reader is null)
        {
            return null;
        }

        bool told = false;
        return (bytes, _) =>
        {
            if (told || reader.HasStopped)
            {
                return;
            }

            reader.Read(bytes);
            if (reader.IsComplete)
            {
                told = true;
                Tell(request, asked, reader, reply.AskedAt, follow);
            }
        };
    }

    private void Tell(DoorRequest request, LsRefsRequest? asked, PassingReader reader, long askedAt, Action<RefListing, int>? follow)
    {
        switch (reader)
        {
            case LsRefsReader refs:
                Show(request, RefListing.Of(asked!, refs), protocolVersion: 2, askedAt, follow);
                break;
            case InfoRefsReader { Capabilities: { } capabilities }:
                tickets.Accept(request.Repository, request.Credential, capabilities, askedAt);
                break;
            case InfoRefsReader advertisement:
                Show(
                    request,
                    RefListing.Of(advertisement),
                    advertisement.Version,
                    askedAt,
                    advertisement.Shallows.Count == 0 ? follow : null
                );
                break;
        }
    }

    private void Show(DoorRequest request, RefListing listing, int protocolVersion, long askedAt, Action<RefListing, int>? follow)
    {
        tickets.Show(request.Repository, request.Credential, listing, askedAt);
        follow?.Invoke(listing, protocolVersion);
    }
}
