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
/// Settles whether a fetch may be served from here: each one by itself, by a live ticket or by asking the primary with
/// the client's own credential. It never says no; what it cannot show is the primary's to decide.
/// </summary>
public sealed class FetchAuthorizer(AccessTickets tickets, RefsService refs, WantsAndHavesFilter filter, PrimaryHistory history)
{
    /// <summary>What this credential may rely on, with every want visible to it and every have that it may build on; or why not.</summary>
    /// <param name="call">The fetch.</param>
    /// <param name="isAnew">The refs have moved since this credential was shown any: a ticket is not enough.</param>
    /// <param name="cancellationToken">The client's.</param>
    public async Task<FetchAuthorization> AuthorizeAsync(FetchCall call, bool isAnew, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (call.Primary.IsOut && tickets.FindRecorded(call.Repository, call.Credential) is { } recorded)
        {
            return await AuthorizeByRecordAsync(call, recorded, cancellationToken);
        }

        AccessView? view = isAnew ? null : tickets.Find(call.Repository, call.Credential);
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
        catch (PrimaryOutageException) when (tickets.FindRecorded(call.Repository, call.Credential) is { } last)
        {
            return await AuthorizeByRecordAsync(call, last, cancellationToken);
        }
        catch (IOException e) when (e is not PrimaryBusyException)
        {
            // The request itself is tried once, and the client told what comes of it.
            view = null;
        }

        return view is null
            ? FetchAuthorization.Denied(call, ForwardReason.NotAccepted)
            : await LookAsync(call, view, isRecorded: false, cancellationToken);
    }

    /// <summary>
    /// All refs that this credential sees now, asked for after this call and recorded like any answer; null where the primary
    /// does not say.
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
            // Where the primary is not known to speak v2, it is asked first what every primary knows; a v0 advertisement shows all refs.
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
    /// What this call's credential is shown now of the refs that an answer may depend on, asked for after this call; null where the primary
    /// does not say.
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

    /// <summary>Whether the primary has all of the history that this call's wants lead to; null where it does not say.</summary>
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
    /// Tells how much history the primary has, where its response to this request says it: in v2, where neither the request nor a boundary
    /// of the client's own brings a boundary into it.
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

    /// <summary>In whose name a mirror is brought up to date for this call.</summary>
    public SyncRequester AskerOf(FetchCall call, FetchAuthorization settled)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(settled);
        return AskerOf(call, settled.View!, settled.RecordedFor is not null);
    }

    /// <summary>Ends the ticket of this call's credential where the primary refused it.</summary>
    public void NoteRefusal(FetchCall call, PrimaryReply reply)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(reply);
        refs.NoteRefusal(call.Repository, call.Credential, reply);
    }

    /// <summary>
    /// Ends the ticket where the primary refused this call's fetch, whatever it said: the call was made for what the ticket shows, so that
    /// is not so any more.
    /// </summary>
    public void NoteAnswer(FetchCall call, PrimaryReply reply)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(reply);
        if (reply.IsRefusal || (reply.Complaint is { } text && ErrorLines.MeaningOf(text) != ErrorMeaning.Busy))
        {
            tickets.Refuse(call.Repository, call.Credential, reply.AskedAt);
        }
    }

    private SyncRequester AskerOf(FetchCall call, AccessView view, bool isRecorded) =>
        new(view, call.Primary, call.Framing.ProtocolVersion, reply => NoteRefusal(call, reply)) { IsRecorded = isRecorded };

    /// <summary>An outage: what this credential was last shown stands for what it would be shown.</summary>
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
            return await LookIntoMirrorAsync(call, view, isRecorded, cancellationToken);
        }
        catch (GitFailedException)
        {
            return IsEnough(view, call) && call.Request is { Haves.Count: 0, Shallows.Count: 0 }
                ? new FetchAuthorization(view, call.Request)
                : FetchAuthorization.Denied(call, ForwardReason.NotVisible);
        }
    }

    /// <summary>Looks into the mirror where what was shown alone does not tell.</summary>
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
    /// deepen-relative counts from the client's shallow commits, and whoever asks to be shallow no more is sent what comes before
    /// them, wherever they are: they are wanted as much as the wants.
    /// </summary>
    private static IEnumerable<ObjectId> Needed(FetchCall call) =>
        call.Request.DeepenRelative || call.Request.Depth == int.MaxValue
            ? call.Request.Wants.Concat(call.Request.Shallows)
            : call.Request.Wants;

    /// <summary>
    /// In v2 an answer says itself where a shallow primary's history ends; in v0 and v1 the advertisement has said it before, unless
    /// the client deepens. Such an answer lacks what a v2 client must hear, and fits only the advertisement that it goes with.
    /// </summary>
    private static bool FitsAdvertisement(AccessView view, FetchCall call) =>
        view.IsOfShallow == false || call.Framing.ProtocolVersion == 2 || call.Request.Deepens;

    /// <summary>Asks the primary as little as will do: where any object may be had by whoever may read, only that.</summary>
    private static RefsQueryKind QuestionOf(FetchCall call) =>
        call.Framing.ProtocolVersion < 2 ? RefsQueryKind.Advertisement
        : call is { Visibility: VisibilityRule.Repository, Request.IncludeTag: false } ? RefsQueryKind.IsAccepted
        : RefsQueryKind.AllRefs;

    private static RefsAsker AskerOf(FetchCall call) =>
        new(call.Repository, call.Credential, call.Primary, call.Request.ObjectFormat, call.Framing.ProtocolVersion);
}
