using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Observing;

/// <summary>A clone as it was asked for, without the objects that its refs were at.</summary>
/// <param name="Request">The request, without the wants.</param>
/// <param name="Refs">The refs that it asked for.</param>
public sealed record ClonePattern(FetchRequest Request, RefSelection Refs)
{
    /// <summary>Whether requests like this one have a shape: clones, and fetches that begin with nothing.</summary>
    public static bool HasShape(FetchRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request is { IsClone: true, MayBringPack: true, DeepenSince: null, DeepenRelative: false };
    }

    /// <summary>The pattern of a request; null if its wants are not tips of refs.</summary>
    public static ClonePattern? Of(FetchRequest request, AccessView view)
    {
        ArgumentNullException.ThrowIfNull(request);
        RefSelection? refs = RefSelection.Of(request.Wants, request.Depth is null, view);
        return refs is null ? null : new ClonePattern(request with { Wants = [] }, refs);
    }

    /// <summary>The request that follows from these refs; null if they lack one.</summary>
    public FetchRequest? RequestOf(IReadOnlyCollection<RefTip> tips) =>
        Refs.WantsOf(tips) is { } wants ? Request with { Wants = wants } : null;
}
