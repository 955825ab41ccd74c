using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Waystation.Proxy.Hooks;

/// <summary>
/// How a forge shows that a notice is its own, by a secret that it shares with the node.
/// <code>
///   github       X-Hub-Signature-256: sha256=HEX                                   HMAC-SHA-256 of the body
///   gitea        X-Gitea-Signature: HEX (also X-Forgejo-…), or X-Hub-Signature-256
///   bitbucket    X-Hub-Signature: sha256=HEX
///   gitlab       X-Gitlab-Token: the secret itself
/// </code>
/// </summary>
internal static class HookForge
{
    private const string Prefix = "sha256=";

    /// <summary>Whether there is such a forge.</summary>
    public static bool IsKnown(string forge) => forge is "github" or "gitea" or "bitbucket" or "gitlab";

    /// <summary>Whether one of the secrets made the header; takes the same time for every wrong one.</summary>
    public static bool IsSigned(string forge, IHeaderDictionary headers, ReadOnlySpan<byte> body, IEnumerable<string> secrets)
    {
        bool isSigned = false;
        foreach (string secret in secrets)
        {
            byte[] key = Encoding.UTF8.GetBytes(secret);
            isSigned |= forge switch
            {
                "github" => Matches(headers["X-Hub-Signature-256"], Prefix, key, body),
                "gitea" => Matches(headers["X-Gitea-Signature"], "", key, body) || Matches(headers["X-Forgejo-Signature"], "", key, body)
                    || Matches(headers["X-Hub-Signature-256"], Prefix, key, body),
                "bitbucket" => Matches(headers["X-Hub-Signature"], Prefix, key, body),
                "gitlab" => headers["X-Gitlab-Token"] is [{ } token]
                    && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(token)), SHA256.HashData(key)),
                _ => false,
            };
        }

        return isSigned;
    }

    [SuppressMessage("Globalization", "CA1308", Justification = "Hexadecimal digits.")]
    private static bool Matches(StringValues header, string prefix, byte[] key, ReadOnlySpan<byte> body)
    {
        if (header is not [{ } text] || !text.StartsWith(prefix, StringComparison.Ordinal))
        {
            return false;
        }

        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Span<byte> made = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, body, made);
        return text.Length - prefix.Length == 2 * given.Length
            && Convert.FromHexString(text.AsSpan(prefix.Length), given, out _, out _) == System.Buffers.OperationStatus.Done
            && CryptographicOperations.FixedTimeEquals(given, made);
    }
}
