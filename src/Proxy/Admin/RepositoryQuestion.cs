namespace Waystation.Proxy.Admin;

/// <summary>The body of an action on a repository.</summary>
/// <param name="Repo"><c>host/path</c>, or <c>path</c> if the node has one primary.</param>
internal sealed record RepositoryQuestion(string? Repo);
