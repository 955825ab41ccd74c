namespace Waystation.Proxy.Dashboard.Pages;

/// <summary>The query of a page: what of it the operator wants to see.</summary>
/// <param name="Span">The span of the charts.</param>
/// <param name="Repository">The name of a repository, or a part of it; empty for all.</param>
/// <param name="From">Rows to leave out.</param>
public sealed record PageQuery(string Span, string Repository, int From)
{
    /// <summary>The query of a request.</summary>
    public static PageQuery Of(IQueryCollection query) =>
        new(
            query["span"].ToString(),
            query["repo"].ToString().Trim(),
            int.TryParse(query["from"], System.Globalization.CultureInfo.InvariantCulture, out int from)
                ? Math.Clamp(from, 0, 1_000_000)
                : 0
        );
}
