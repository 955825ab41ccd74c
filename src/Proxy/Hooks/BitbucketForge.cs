using System.Text.Json;

namespace Waystation.Proxy.Hooks;

/// <summary>
/// Bitbucket: <c>X-Hub-Signature: sha256=HEX</c>. Bitbucket Cloud has <c>repository.full_name</c>, Bitbucket Data Center a project's key
/// and a repository's slug.
/// </summary>
internal sealed class BitbucketForge() : SigningForge("bitbucket", ("X-Hub-Signature", "sha256="))
{
    public override string? RepositoryIn(JsonElement notice) =>
        Text(notice, "repository", "full_name")
        ?? (
            Text(notice, "repository", "project", "key") is { } key && Text(notice, "repository", "slug") is { } slug
                ? $"{key}/{slug}"
                : null
        );
}
