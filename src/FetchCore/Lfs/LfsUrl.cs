namespace Waystation.FetchCore.Lfs;

/// <summary>A signed URL of the node, without scheme and host.</summary>
/// <param name="Target">Path and query.</param>
/// <param name="ExpiresIn">How long it lives.</param>
/// <param name="ExpiresAt">When it ends.</param>
public sealed record LfsUrl(string Target, TimeSpan ExpiresIn, DateTimeOffset ExpiresAt)
{
    /// <summary>A source with less time than this is not worth a URL: git-lfs counts a URL as over five seconds before its end.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(10);
}
