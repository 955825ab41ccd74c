using Waystation.CacheStore.Packs.Filling;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Authorization;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Packs;

/// <summary>
/// An answer of the primary's may depend on what it has when it makes it: on its refs, and on its own shallow boundary. Its key is made of
/// what its asker was shown before:
/// <code>
///   listing ──► key ──► request ──► primary reads its refs, makes the pack ──► header of the pack ──► listing, boundary
///                                   `------- what moved since the first listing is in it -------'     the same, none: the key is right
/// </code>
/// Only where what is asked for after the header agrees with the key is the answer shared and kept; its asker gets it in any case.
/// </summary>
internal sealed class AnswerWitness(FetchAuthorizer access, TimeProvider time)
{
    /// <summary>Those who follow wait for it: no longer than for a sync.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    /// <summary>include-tag sends tags that nobody asked for, deepen-relative counts from what refs lead to; and a boundary that is moved
    /// may meet the primary's.</summary>
    /// <param name="settled">What is asked, and what its asker was shown.</param>
    /// <param name="isKnownWhole">The repository is known to have all of its history at the primary.</param>
    public static bool IsNeededFor(FetchAuthorization settled, bool isKnownWhole) =>
        settled.Request.IncludeTag || settled.Request.DeepenRelative || (!isKnownWhole && MayMeetBoundary(settled));

    /// <summary>Looks when the header has come, and says whether the fill is for all. Where the primary does not say, that is left
    /// open.</summary>
    /// <param name="fill">Which.</param>
    /// <param name="call">The fetch that it answers.</param>
    /// <param name="settled">What its asker was shown.</param>
    /// <param name="isKnownWhole">The repository is known to have all of its history at the primary.</param>
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
            // Not told in time.
        }
    }

    /// <summary>At depth 1 every want is on the boundary, whatever the primary's own is.</summary>
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

        // The advertisement of v0 and v1 says whether the primary is shallow; in v2 that is a question of its own.
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
