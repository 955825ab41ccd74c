using System.Text.Json;

namespace Waystation.Proxy.Hooks;

/// <summary>Gitea and Forgejo: their own header or GitHub's, and <c>repository.full_name</c>.</summary>
internal sealed class GiteaForge()
    : SigningForge("gitea", ("X-Gitea-Signature", ""), ("X-Forgejo-Signature", ""), ("X-Hub-Signature-256", "sha256="))
{
    public override string? RepositoryIn(JsonElement notice) => Text(notice, "repository", "full_name");
}
