namespace Waystation.Proxy.Admin.Pages;

/// <summary>The body of <c>POST /api/v1/repos/explain</c>: a clone that somebody might make.</summary>
/// <param name="Repo"><c>host/path</c>, or <c>path</c> if the node has one primary.</param>
/// <param name="Username">The name of the login; null for none.</param>
/// <param name="Password">Its password or token; null for none. It is sent to the primary and nowhere else, and not kept.</param>
/// <param name="Depth"><c>--depth</c>; null for all history.</param>
/// <param name="Filter"><c>--filter</c>; null for none.</param>
/// <param name="Branch"><c>--single-branch --branch</c>; null for all branches.</param>
internal sealed record ExplainQuestion(
    string? Repo,
    string? Username = null,
    string? Password = null,
    int? Depth = null,
    string? Filter = null,
    string? Branch = null
)
{
    /// <summary>No secret.</summary>
    public override string ToString() => $"{Repo} as {Username ?? "nobody"}";
}
