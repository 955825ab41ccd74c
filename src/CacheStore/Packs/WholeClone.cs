using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.CacheStore.Packs;

/// <summary>
/// A clone of whole history. When refs move on, its next pack has all objects of the last one, so the last one can be kept and only the
/// rest be made. A clone to a depth is none: it loses objects when refs move on.
/// </summary>
/// <param name="Shape">The key of the request without its wants. Packs of the same shape may follow each other.</param>
/// <param name="Wants">The objects that it wants.</param>
public sealed record WholeClone(PackKey Shape, IReadOnlyList<ObjectId> Wants)
{
    /// <summary>Guards the size of the records in which the wants are kept.</summary>
    private const int MaxWants = 16_384;

    /// <summary>The whole clone that is asked for; null if the request is another one.</summary>
    public static WholeClone? Of(RepositoryName repository, FetchRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return
            request is { IsClone: true, MayBringPack: true, Deepens: false, DeepenRelative: false, IncludeTag: false }
            && request.Wants.Count is > 0 and <= MaxWants
            && MayGrow(request.Filter)
            ? new WholeClone(PackKey.Of(repository, request with { Wants = [] }), request.Wants)
            : null;
    }

    /// <summary>Whether the filter decides about an object by that object alone, so that a pack loses none when refs move on.</summary>
    private static bool MayGrow(FilterSpec? filter) =>
        filter is null or { Text: "blob:none" or "tree:0" } || filter.Text.StartsWith("blob:limit=", StringComparison.Ordinal);
}
