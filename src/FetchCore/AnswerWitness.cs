using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Fetching;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore;

/// <summary>
/// An answer of the primary's that depends on its refs is made of those that there are when it makes it, and its key of those that its asker was
/// shown before:
/// <code>
///   listing ──► key ──► request ──► primary reads its refs, makes the pack ──► header of the pack ──► listing
///                                   `------- what moved since the first listing is in it -------'     the same: the key is right
/// </code>
/// Only where a listing that was asked for after the header shows the same is the answer shared and kept; its asker gets it in any case.
/// </summary>
internal sealed class AnswerWitness(AccessDesk access, TimeProvider time)
{
    /// <summary>Those who follow wait for it: no longer than for a sync.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    /// <summary>include-tag sends tags that nobody asked for, deepen-relative counts from what refs lead to.</summary>
    public static bool IsNeededFor(FetchRequest request) => request.IncludeTag || request.DeepenRelative;

    /// <summary>Looks when the header has come, and says whether the fill is for all.</summary>
    public async Task LookAsync(Fill fill, FetchCall call, SettledAccess settled, CancellationToken cancellationToken)
    {
        await fill.WaitForHeaderAsync(cancellationToken);
        using var limit = new CancellationTokenSource(s_limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        AccessView? now = null;
        try
        {
            now = await access.LookAgainAsync(call, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Not told in time.
        }

        if (now is not null && HasSameTags(settled, now) && HasSameShallows(settled, now))
        {
            fill.Share();
        }
        else
        {
            fill.KeepToStarter();
        }
    }

    private static bool HasSameTags(SettledAccess settled, AccessView now) =>
        !settled.Request.IncludeTag || (now.TagsDigest() is { } digest && digest.AsSpan().SequenceEqual(settled.View!.TagsDigest()));

    /// <summary>All that led to the client's shallow commits leads there still.</summary>
    private static bool HasSameShallows(SettledAccess settled, AccessView now)
    {
        if (!settled.Request.DeepenRelative)
        {
            return true;
        }

        HashSet<ObjectId> tips = [.. now.Tips().Select(static tip => tip.Id)];
        return settled.View!.Tips().All(tip => tips.Contains(tip.Id));
    }
}
