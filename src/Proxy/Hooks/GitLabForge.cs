using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Waystation.Proxy.Hooks;

/// <summary>GitLab: <c>X-Gitlab-Token</c> has the secret itself, for any body, and <c>project.path_with_namespace</c>.</summary>
internal sealed class GitLabForge() : Forge("gitlab")
{
    public override bool MaySign(IHeaderDictionary headers, IEnumerable<string> secrets) => IsSigned(headers, [], secrets);

    public override bool IsSigned(IHeaderDictionary headers, ReadOnlySpan<byte> body, IEnumerable<string> secrets)
    {
        if (headers["X-Gitlab-Token"] is not [{ } token])
        {
            return false;
        }

        byte[] given = SHA256.HashData(Encoding.UTF8.GetBytes(token));
        bool isSigned = false;
        foreach (string secret in secrets)
        {
            isSigned |= CryptographicOperations.FixedTimeEquals(given, SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
        }

        return isSigned;
    }

    public override string? RepositoryIn(JsonElement notice) => Text(notice, "project", "path_with_namespace");
}
