namespace Waystation.Proxy.Admin.Pages;

/// <summary>How the node would serve a clone, and why.</summary>
/// <param name="Repo"><c>host/path</c>.</param>
/// <param name="Url">The URL at which the primary was asked. A credential helper of git knows the login by it.</param>
/// <param name="Shape">The clone in words, such as <c>depth 1</c>.</param>
/// <param name="Credential">A digest of the credential, as records of fetches show it, or <c>anonymous</c>.</param>
/// <param name="Selected">Whether the operator selects the repository for caching.</param>
/// <param name="Reached">Whether the primary answered; null if it was not asked.</param>
/// <param name="Accepted">Whether it accepted the credential; null if it was not asked, or did not answer.</param>
/// <param name="Outcome">How the clone would be served: <c>hit</c>, <c>join</c>, <c>local</c>, <c>peer</c>, <c>forward</c> or
/// <c>bypass</c>; null if it would fail, or if there is nothing to clone.</param>
/// <param name="Reason">For <c>bypass</c>: why the primary gets the request unchanged.</param>
/// <param name="Miss">For <c>forward</c> and <c>peer</c>: why the mirror does not serve it.</param>
/// <param name="Why">The reasons in sentences, in the order in which a fetch meets them.</param>
/// <param name="Ssh">What a user would get over SSH, in a sentence.</param>
internal sealed record Explained(
    string Repo,
    string Url,
    string Shape,
    string Credential,
    bool Selected,
    bool? Reached,
    bool? Accepted,
    string? Outcome,
    string? Reason,
    string? Miss,
    IReadOnlyList<string> Why,
    string Ssh
);
