using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Observing;

/// <summary>The request of a fetch, without the ids.</summary>
/// <param name="IsClone">The client starts from nothing.</param>
/// <param name="Wants">Objects wanted.</param>
/// <param name="Haves">Objects that the client has.</param>
/// <param name="Shallows">Commits of the client's shallow boundary.</param>
/// <param name="Depth">
/// The depth in commits; with <see cref="int.MaxValue"/> the client asks for the whole history; null for no depth.
/// </param>
/// <param name="DeepenSince">Commits from this time on, in seconds since 1970; null for no such bound.</param>
/// <param name="Filter">The filter as the protocol writes it; null for none.</param>
public sealed record AskedFetch(bool IsClone, int Wants, int Haves, int Shallows, int? Depth, long? DeepenSince, string? Filter)
{
    /// <summary>A request for a snapshot of the mirror.</summary>
    public static AskedFetch Snapshot { get; } =
        new(IsClone: true, 0, 0, 0, Depth: null, DeepenSince: null, Filter: null) { IsSnapshot = true };

    /// <summary>Whether the client asks for the mirror's own files.</summary>
    public bool IsSnapshot { get; init; }

    /// <summary>The same of a request.</summary>
    public static AskedFetch Of(FetchRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new AskedFetch(
            request.IsClone,
            request.Wants.Count,
            request.Haves.Count,
            request.Shallows.Count,
            request.Depth,
            request.DeepenSince,
            request.Filter?.Text
        );
    }
}
