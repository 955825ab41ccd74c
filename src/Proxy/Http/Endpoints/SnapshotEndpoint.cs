using Waystation.CacheStore.Mirrors.Snapshots;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.FetchCore.Refs;
using Waystation.FetchCore.Snapshots;
using Waystation.Primaries.Http;
using Waystation.Primaries.Http.Responses;
using Waystation.Proxy.Http.Forwarding;
using Waystation.Proxy.Http.Headers;
using Waystation.Proxy.Http.Requests;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>
/// <c>GET /.waystation/snapshot/REPOSITORY</c>: the mirror's own files as a tar. The primary is asked for all refs with the client's own
/// credential, and its refusal is the answer. Where the node gives no snapshot, the client clones instead.
/// </summary>
internal sealed class SnapshotEndpoint(
    SnapshotService snapshots,
    RefsService refs,
    UpstreamFactory upstreams,
    ChallengeReplay challenges,
    PassThrough passThrough,
    FetchObserver observer
)
{
    /// <summary>Answers the request.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="refusal">Why the node does not serve this repository; null if it does.</param>
    public async Task HandleAsync(ClientRequest request, SnapshotRefusal? refusal)
    {
        HttpContext context = request.Context;
        long begun = observer.Now;
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = "GET";
            return;
        }

        using ObservedFetch observed = observer.Begin(
            ClientRequest.Door,
            request.Repository,
            request.Credential,
            begun,
            context.RequestAborted,
            ClientHeaders.AddressOf(context)
        );
        observed.AskedSnapshot();
        if (refusal is { } reason)
        {
            await DeclineAsync(request, reason, observed);
            return;
        }

        HttpPrimary primary = upstreams.Open(AskerOf(request));
        try
        {
            await AnswerAsync(request, primary, observed);
        }
        catch (IOException e) when (!context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted)
        {
            await FailAsync(request, primary, e, observed);
        }
    }

    /// <summary>Says why there is no snapshot. The word in parentheses is the one of metrics and records.</summary>
    public static Task TellAsync(HttpContext context, string repository, SnapshotRefusal reason)
    {
        HttpResponse response = context.Response;
        response.StatusCode = StatusCodes.Status409Conflict;
        response.ContentType = "text/plain; charset=utf-8";
        response.Headers.CacheControl = AnswerHead.NotKept;
        response.Headers.Append("Via", AnswerHead.Via);
        return response.WriteAsync($"waystation: no snapshot of {repository} ({reason.ToWord()}); use git clone\n", context.RequestAborted);
    }

    /// <summary>Only the advertisement of v0 shows every ref at once, whatever version the client names.</summary>
    private static HttpAsker AskerOf(ClientRequest request)
    {
        HttpAsker asker = request.Asker();
        return asker with
        {
            Headers =
            [
                .. asker.Headers.Where(static field => !string.Equals(field.Key, "Git-Protocol", StringComparison.OrdinalIgnoreCase)),
            ],
        };
    }

    private async Task AnswerAsync(ClientRequest request, HttpPrimary primary, ObservedFetch observed)
    {
        CancellationToken client = request.Context.RequestAborted;
        SnapshotAnswer answer;
        using (observed.Measure(FetchPhase.Access))
        {
            await using PrimaryReply reply = await primary.InfoRefsAsync(client);
            RefListing? shown = await refs.ReadListingAsync(request.Repository, request.Credential, reply, client);
            if (!reply.IsAnswer)
            {
                await RelayAsync(request, (HttpPrimaryReply)reply, observed);
                return;
            }

            answer = shown is null
                ? new SnapshotAnswer.Refused(SnapshotRefusal.NoListing)
                : await snapshots.OpenAsync(
                    new SnapshotCall(request.Repository, request.Credential, shown, RequesterOf(request, primary, shown)),
                    client
                );
        }

        if (answer is SnapshotAnswer.Given given)
        {
            using (given.Snapshot)
            {
                await SendAsync(request.Context, given.Snapshot, observed);
            }
        }
        else
        {
            await DeclineAsync(request, ((SnapshotAnswer.Refused)answer).Reason, observed);
        }
    }

    private SyncRequester RequesterOf(ClientRequest request, HttpPrimary primary, RefListing shown) =>
        new(new AccessView([shown]), primary, ProtocolVersion: 0, reply => refs.NoteRefusal(request.Repository, request.Credential, reply));

    private static async Task SendAsync(HttpContext context, MirrorSnapshot snapshot, ObservedFetch observed)
    {
        HttpResponse response = context.Response;
        observed.Served(FetchOutcome.Hit, isKept: false, refsAge: null);
        response.ContentType = "application/x-tar";
        response.ContentLength = snapshot.Length;
        response.Headers.CacheControl = AnswerHead.NotKept;
        response.Headers.Append("Via", AnswerHead.Via);
        response.Headers[CacheStatus.Name] = CacheStatus.Snapshot;
        await response.StartAsync(context.RequestAborted);
        try
        {
            await snapshot.WriteAsync(response.BodyWriter, observed.Sent, context.RequestAborted);
            observed.Ended(FetchEnd.Whole);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The bytes that have left must not end as if they were whole.
            bool hasLeft = context.RequestAborted.IsCancellationRequested || e is OperationCanceledException;
            observed.Ended(hasLeft ? FetchEnd.ClientGone : FetchEnd.Broken, hasLeft ? null : e.Message);
            context.Abort();
        }
    }

    /// <summary>The primary's own refusal, as it came.</summary>
    private static async Task RelayAsync(ClientRequest request, HttpPrimaryReply reply, ObservedFetch observed)
    {
        HttpContext context = request.Context;
        AnswerHead.Of(reply.Response).Write(context, request.Primary, CacheStatus.Bypass(ForwardReason.NotAccepted));
        if (context.Response.StatusCode < StatusCodes.Status300MultipleChoices)
        {
            // A page, or an error in the form of an advertisement: it must not be taken for a snapshot.
            context.Response.StatusCode = StatusCodes.Status409Conflict;
        }

        await reply.Body.CopyToAsync(context.Response.BodyWriter, context.RequestAborted);
        observed.Ended(FetchEnd.Refused);
    }

    private static Task DeclineAsync(ClientRequest request, SnapshotRefusal reason, ObservedFetch observed)
    {
        observed.Declined(reason);
        return TellAsync(request.Context, request.Repository.ToString(), reason);
    }

    private async Task FailAsync(ClientRequest request, HttpPrimary primary, IOException failure, ObservedFetch observed)
    {
        observed.Ended(FetchEnd.Unreachable, failure.Message);
        bool mayBeOutage = failure is PrimaryBusyException or PrimaryOutageException || primary.IsOut;
        if (!mayBeOutage || !await challenges.TryTellAsync(request))
        {
            await passThrough.RefuseAsync(request.Context, request.Primary, failure);
        }
    }
}
