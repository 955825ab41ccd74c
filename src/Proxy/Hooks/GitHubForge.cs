using System.Text.Json;

namespace Waystation.Proxy.Hooks;

/// <summary>GitHub: <c>X-Hub-Signature-256: sha256=HEX</c>, and <c>repository.full_name</c>.</summary>
internal sealed class GitHubForge() : SigningForge("github", ("X-Hub-Signature-256", "sha256="))
{
    public override string? RepositoryIn(JsonElement notice) => Text(notice, "repository", "full_name");
}
