using Waystation.CacheStore.Packs.Filling;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Authorization;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Packs;

/// <summary>
/// A response of the primary may depend on the state of the primary when it makes the response: its refs, and its own shallow boundary. The
/// key was made from an earlier listing:
/// <code>
///   listing ──► key ──► request ──► primary reads its refs, makes the pack ──► header of the pack ──► listing, boundary
///                                   `------- moves after the first listing are in the pack -----'     the same, none: the key is right
/// </code>
/// The response is shared and kept only if a listing that was asked for after the header agrees with the key. Its own client gets it
/// anyway.
/// </summary>
internal sealed class AnswerWitness(FetchAuthorizer access, TimeProvider time)
{
    /// <summary>Followers wait for it, as long as for a sync.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    /// <summary>include-tag sends tags that are no wants, deepen-relative counts from the refs, and a moved boundary may meet the
    /// primary's.</summary>
    /// <param name="settled">The request, and the listings of its credential.</param>
    /// <param name="isKnownWhole">Whether the primary is known to have all history of the repository.</param>
    public static bool IsNeededFor(FetchAuthorization settled, bool isKnownWhole) =>
        settled.Request.IncludeTag || settled.Request.DeepenRelative || (!isKnownWhole && MayMeetBoundary(settled));

    /// <summary>After the header has come, asks the primary and decides whether the fill is for all. If the primary does not say, the
    /// decision stays open.</summary>
    /// <param name="fill">The fill.</param>
    /// <param name="call">Its fetch.</param>
    /// <param name="settled">The listings of its credential.</param>
    /// <param name="isKnownWhole">Whether the primary is known to have all history of the repository.</param>
    /// <param name="cancellationToken">Ends the looking.</param>
    public async Task LookAsync(
        Fill fill,
        FetchCall call,
        FetchAuthorization settled,
        bool isKnownWhole,
        CancellationToken cancellationToken
    )
    {
        await fill.WaitForHeaderAsync(cancellationToken);
        using var limit = new CancellationTokenSource(s_limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            switch (await AgreesAsync(call, settled, isKnownWhole, either.Token))
            {
                case true:
                    fill.Share();
                    break;
                case false:
                    fill.KeepToStarter();
                    break;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The primary did not answer in time.
        }
    }

    /// <summary>At depth 1 every want is on the boundary, whatever the primary's own boundary is.</summary>
    private static bool MayMeetBoundary(FetchAuthorization settled) =>
        settled.Request is { Deepens: true } and not { Depth: 1, DeepenRelative: false } && settled.View!.IsOfShallow != false;

    private async Task<bool?> AgreesAsync(
        FetchCall call,
        FetchAuthorization settled,
        bool isKnownWhole,
        CancellationToken cancellationToken
    )
    {
        FetchRequest request = settled.Request;
        bool isOld = call.Framing.ProtocolVersion < 2,
            mayMeet = !isKnownWhole && MayMeetBoundary(settled);
        AccessView? now = null;
        if ((isOld || request.IncludeTag || request.DeepenRelative) && (now = await access.LookAgainAsync(call, cancellationToken)) is null)
        {
            return null;
        }

        // A v0 or v1 advertisement shows whether the primary is shallow; in v2 that needs its own question.
        return !HasSameTags(settled, now) || !HasSameShallows(settled, now) ? false
            : !mayMeet ? true
            : isOld ? now!.IsOfShallow == false
            : await access.IsWholeAsync(call, cancellationToken);
    }

    private static bool HasSameTags(FetchAuthorization settled, AccessView? now) =>
        !settled.Request.IncludeTag || (now?.TagsDigest() is { } digest && digest.AsSpan().SequenceEqual(settled.View!.TagsDigest()));

    /// <summary>All that led to the client's shallow commits leads there still.</summary>
    private static bool HasSameShallows(FetchAuthorization settled, AccessView? now)
    {
        if (!settled.Request.DeepenRelative)
        {
            return true;
        }

        HashSet<ObjectId> tips = [.. now?.Tips().Select(static tip => tip.Id) ?? []];
        return settled.View!.Tips().All(tip => tips.Contains(tip.Id));
    }
}
