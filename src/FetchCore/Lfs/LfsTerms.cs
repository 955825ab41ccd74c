namespace Waystation.FetchCore.Lfs;

/// <summary>The times of LFS.</summary>
/// <param name="UrlLifetime">How long a signed URL lives at most.</param>
/// <param name="ServeFor">How long the primary's permission counts in an outage.</param>
public sealed record LfsTerms(TimeSpan UrlLifetime, TimeSpan ServeFor)
{
    /// <summary>How long a permission is remembered.</summary>
    public TimeSpan Memory => ServeFor > UrlLifetime ? ServeFor : UrlLifetime;
}
