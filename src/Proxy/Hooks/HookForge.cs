using System.Buffers;
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

    private static readonly SearchValues<char> s_hexadecimal = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>Whether there is such a forge.</summary>
    public static bool IsKnown(string forge) => forge is "github" or "gitea" or "bitbucket" or "gitlab";

    /// <summary>
    /// Whether the headers may hold a right signature; the body need not be read where they do not. Of GitLab this is the whole answer, for
    /// its signature does not depend on the body.
    /// </summary>
    public static bool MaySign(string forge, IHeaderDictionary headers, IEnumerable<string> secrets) =>
        forge switch
        {
            "github" => IsDigest(headers["X-Hub-Signature-256"], Prefix),
            "gitea" => IsDigest(headers["X-Gitea-Signature"], "")
                || IsDigest(headers["X-Forgejo-Signature"], "")
                || IsDigest(headers["X-Hub-Signature-256"], Prefix),
            "bitbucket" => IsDigest(headers["X-Hub-Signature"], Prefix),
            _ => IsSigned(forge, headers, [], secrets),
        };

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
                "gitea" => Matches(headers["X-Gitea-Signature"], "", key, body)
                    || Matches(headers["X-Forgejo-Signature"], "", key, body)
                    || Matches(headers["X-Hub-Signature-256"], Prefix, key, body),
                "bitbucket" => Matches(headers["X-Hub-Signature"], Prefix, key, body),
                "gitlab" => headers["X-Gitlab-Token"] is [{ } token]
                    && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(token)), SHA256.HashData(key)),
                _ => false,
            };
        }

        return isSigned;
    }

    private static bool IsDigest(StringValues header, string prefix) =>
        header is [{ } text]
        && text.Length == prefix.Length + (2 * HMACSHA256.HashSizeInBytes)
        && text.StartsWith(prefix, StringComparison.Ordinal)
        && !text.AsSpan(prefix.Length).ContainsAnyExcept(s_hexadecimal);

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
