using Waystation.CacheStore;
using Waystation.CacheStore.Git;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Recording;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.FetchCore.Refs;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Authorization;

/// <summary>
/// Decides whether the node may serve a fetch: each fetch by itself, by a live ticket or by asking the primary with the client's own
/// credential. It never refuses: a fetch that it cannot authorise is forwarded, and the primary decides.
/// </summary>
public sealed class FetchAuthorizer(AccessTickets tickets, RefsService refs, WantsAndHavesFilter filter, PrimaryHistory history)
{
    /// <summary>Checks that every want is visible to this credential, and drops haves that it may not see; or says why not.</summary>
    /// <param name="call">The fetch.</param>
    /// <param name="isAnew">The refs have moved since the last listing of this credential: a ticket is not enough.</param>
    /// <param name="cancellationToken">The client's token.</param>
    public async Task<FetchAuthorization> AuthorizeAsync(FetchCall call, bool isAnew, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (call is { IsHeldOnly: true, Shown: { } shown })
        {
            return await LookAsync(call, shown, isRecorded: true, cancellationToken) with { RecordedFor = TimeSpan.Zero };
        }

        if (call.Primary.IsOut && await FindRecordedAsync(call, cancellationToken) is { } recorded)
        {
            return await AuthorizeByRecordAsync(call, recorded, cancellationToken);
        }

        AccessView? view = isAnew ? null : call.Shown ?? await FindAsync(call, cancellationToken);
        if (view is not null && (IsEnough(view, call) || IsFinal(view, call)))
        {
            FetchAuthorization settled = await LookAsync(call, view, isRecorded: false, cancellationToken);
            if (settled.Reason != ForwardReason.NotVisible || !filter.HasTip(call.Repository, call.Request.Wants))
            {
                return settled;
            }

            // The mirror has heard of a push since this credential was shown anything.
        }

        try
        {
            view = await refs.LookAsync(AskerOf(call), QuestionOf(call), cancellationToken);
        }
        catch (PrimaryOutageException)
        {
            if (await FindRecordedAsync(call, cancellationToken) is { } last)
            {
                return await AuthorizeByRecordAsync(call, last, cancellationToken);
            }

            view = null;
        }
        catch (IOException e) when (e is not PrimaryBusyException)
        {
            // The node forwards the request once, and the client gets the result.
            view = null;
        }

        return view is null
            ? FetchAuthorization.Denied(call, ForwardReason.NotAccepted)
            : await LookAsync(call, view, isRecorded: false, cancellationToken);
    }

    /// <summary>
    /// All refs that this credential sees now. The question is sent after this call, and its answer is recorded like any other. Null if the
    /// primary gives no listing.
    /// </summary>
    public async Task<AccessView?> ListAsync(
        RepositoryName repository,
        Credential credential,
        ObjectFormat format,
        IPrimary primary,
        CancellationToken cancellationToken
    )
    {
        var asker = new RefsAsker(repository, credential, primary, format, ProtocolVersion: 2);
        try
        {
            // If it is unknown whether the primary speaks v2, the node asks in v0, which every primary knows and which shows all refs.
            AccessView? shown = tickets.FindCapabilities(repository, credential) is not null
                ? null
                : await refs.LookAsync(asker with { ProtocolVersion = 0 }, RefsQueryKind.Advertisement, cancellationToken);
            return shown ?? await refs.LookAsync(asker, RefsQueryKind.AllRefs, cancellationToken);
        }
        catch (Exception e) when (e is PrimaryException or IOException)
        {
            return null;
        }
    }

    /// <summary>
    /// The refs that the response may depend on, as this credential sees them now. The question is sent after this call. Null if the
    /// primary gives no listing.
    /// </summary>
    public async Task<AccessView?> LookAgainAsync(FetchCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        RefsQueryKind question =
            call.Framing.ProtocolVersion < 2 ? RefsQueryKind.Advertisement
            : call.Request.DeepenRelative ? RefsQueryKind.AllRefs
            : RefsQueryKind.Tags;
        try
        {
            return await refs.LookAsync(AskerOf(call), question, cancellationToken);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Whether the primary has all of the history of this call's wants; null if it does not say.</summary>
    public async Task<bool?> IsWholeAsync(FetchCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        try
        {
            bool? isWhole = await PrimaryBoundary.IsNoneAsync(
                call.Primary,
                call.Request.ObjectFormat,
                call.Request.Wants,
                cancellationToken
            );
            if (isWhole == false)
            {
                history.Tell(call.Repository, isShallow: true);
            }

            return isWhole;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>
    /// Reports how much history the primary has, if its response to this request shows it: in v2, if neither the request nor a boundary of
    /// the client brings a boundary into the response.
    /// </summary>
    public void NoteHistory(FetchCall call, FetchRequest asked, FetchPrologue answered)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentNullException.ThrowIfNull(answered);
        bool isShallow = answered.Shallow.Count > 0;
        if (call.Framing.ProtocolVersion == 2 && !asked.Deepens && asked.Shallows.Count == 0 && (isShallow || asked.IsClone))
        {
            history.Tell(call.Repository, isShallow);
        }
    }

    /// <summary>The requester in whose name a mirror is synced for this call.</summary>
    public SyncRequester AskerOf(FetchCall call, FetchAuthorization settled)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(settled);
        return AskerOf(call, settled.View!, settled.RecordedFor is not null);
    }

    /// <summary>Ends the ticket of this call's credential if the primary refused it.</summary>
    public void NoteRefusal(FetchCall call, PrimaryReply reply)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(reply);
        refs.NoteRefusal(call.Repository, call.Credential, reply);
    }

    /// <summary>
    /// Ends the ticket if the primary refused this call's fetch, for any reason: the fetch asked only for objects that the ticket shows, so
    /// the ticket is no longer right.
    /// </summary>
    public void NoteAnswer(FetchCall call, PrimaryReply reply)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(reply);
        if (reply.IsRefusal || (reply.Complaint is { } text && ErrorLines.MeaningOf(text) != ErrorMeaning.Busy))
        {
            tickets.Refuse(call.Repository, call.Credential);
        }
    }

    /// <summary>The ticket of this node; if it is not enough, together with what other nodes of the farm know.</summary>
    private async ValueTask<AccessView?> FindAsync(FetchCall call, CancellationToken cancellationToken)
    {
        AccessView? view = tickets.Find(call.Repository, call.Credential);
        return
            (view is null || !(IsEnough(view, call) || IsFinal(view, call)))
            && await tickets.RecallAsync(call.Repository, call.Credential, AnswerKinds.All, cancellationToken)
            ? tickets.Find(call.Repository, call.Credential)
            : view;
    }

    private async ValueTask<RecordedAccess?> FindRecordedAsync(FetchCall call, CancellationToken cancellationToken)
    {
        await tickets.RecallAsync(call.Repository, call.Credential, AnswerKinds.All, cancellationToken);
        return tickets.FindRecorded(call.Repository, call.Credential);
    }

    private SyncRequester AskerOf(FetchCall call, AccessView view, bool isRecorded) =>
        new(view, call.Primary, call.Framing.ProtocolVersion, reply => NoteRefusal(call, reply)) { IsRecorded = isRecorded };

    /// <summary>In an outage: the recorded listings of this credential stand for present ones.</summary>
    private async Task<FetchAuthorization> AuthorizeByRecordAsync(
        FetchCall call,
        RecordedAccess recorded,
        CancellationToken cancellationToken
    )
    {
        FetchAuthorization settled = await LookAsync(call, recorded.View, isRecorded: true, cancellationToken);
        return settled with { RecordedFor = recorded.AgeOf(call.Request.Wants) ?? TimeSpan.Zero };
    }

    private async Task<FetchAuthorization> LookAsync(FetchCall call, AccessView view, bool isRecorded, CancellationToken cancellationToken)
    {
        try
        {
            FetchAuthorization settled = await LookIntoMirrorAsync(call, view, isRecorded, cancellationToken);
            return settled.View is null ? settled with { Shown = view } : settled;
        }
        catch (GitFailedException)
        {
            return IsEnough(view, call) && call.Request is { Haves.Count: 0, Shallows.Count: 0 }
                ? new FetchAuthorization(view, call.Request)
                : FetchAuthorization.Denied(call, ForwardReason.NotVisible);
        }
    }

    /// <summary>Looks into the mirror if the listings alone do not decide. Starts git processes.</summary>
    private async Task<FetchAuthorization> LookIntoMirrorAsync(
        FetchCall call,
        AccessView view,
        bool isRecorded,
        CancellationToken cancellationToken
    )
    {
        if (!FitsAdvertisement(view, call))
        {
            return FetchAuthorization.Denied(call, IsVisible(view, call) ? ForwardReason.NotCacheable : ForwardReason.NotVisible);
        }

        ObjectId[] unseen = IsVisible(view, call) ? [] : [.. Needed(call)];
        return
            await filter.FilterAsync(
                call.Repository,
                call.Request,
                unseen,
                AskerOf(call, view, isRecorded),
                call.Visibility,
                cancellationToken
            )
                is { } request
            ? new FetchAuthorization(view, request)
            : FetchAuthorization.Denied(call, ForwardReason.NotVisible);
    }

    /// <summary>Asking again would show no more.</summary>
    private static bool IsFinal(AccessView view, FetchCall call) =>
        IsVisible(view, call) ? view.IsOfShallow == true : view.HasCompleteListing;

    private static bool IsEnough(AccessView view, FetchCall call) => IsVisible(view, call) && FitsAdvertisement(view, call);

    private static bool IsVisible(AccessView view, FetchCall call) =>
        call.Visibility == VisibilityRule.Repository || view.Shows(Needed(call));

    /// <summary>
    /// deepen-relative counts from the client's shallow commits, and a client that asks for all history gets the commits behind them. So
    /// they need the same permission as the wants.
    /// </summary>
    private static IEnumerable<ObjectId> Needed(FetchCall call) =>
        call.Request.DeepenRelative || call.Request.Depth == int.MaxValue
            ? call.Request.Wants.Concat(call.Request.Shallows)
            : call.Request.Wants;

    /// <summary>
    /// For a shallow primary, v0 and v1 responses omit the boundary unless the client deepens, because the advertisement has it. Such a
    /// response fits only its own advertisement, and must not be cached for a v2 client.
    /// </summary>
    private static bool FitsAdvertisement(AccessView view, FetchCall call) =>
        view.IsOfShallow == false || call.Framing.ProtocolVersion == 2 || call.Request.Deepens;

    /// <summary>The smallest question that is enough: if any reader may have any object, only whether the credential may read.</summary>
    private static RefsQueryKind QuestionOf(FetchCall call) =>
        call.Framing.ProtocolVersion < 2 ? RefsQueryKind.Advertisement
        : call is { Visibility: VisibilityRule.Repository, Request.IncludeTag: false } ? RefsQueryKind.IsAccepted
        : RefsQueryKind.AllRefs;

    private static RefsAsker AskerOf(FetchCall call) =>
        new(call.Repository, call.Credential, call.Primary, call.Request.ObjectFormat, call.Framing.ProtocolVersion);
}
