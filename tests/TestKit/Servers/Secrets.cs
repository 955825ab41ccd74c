using System.Text;
using System.Text.RegularExpressions;

namespace Waystation.TestKit.Servers;

/// <summary>
/// Finds what no log, metric, trace or page may have: the passwords and tokens of the tests, in the forms in which requests carry them,
/// the user part of a URL, the fields of a login, and the signature of a URL for an LFS object.
/// </summary>
public static partial class Secrets
{
    /// <summary>The people and services that have a password in some test.</summary>
    private static readonly string[] s_users = ["alice", "bob", "mallory"];

    private static readonly string[] s_texts =
    [
        .. s_users.Select(static user => user + ApachePrimary.PasswordSuffix),
        // The two that begin differently: the third character of a login reaches into the fourth of its code.
        .. s_users.Select(static user => Base64($"{user}:{user}{ApachePrimary.PasswordSuffix}").TrimEnd('=')[..^1]),
    ];

    /// <summary>The first secret in a text, with the text around it; null if there is none.</summary>
    public static string? FindIn(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (string secret in s_texts)
        {
            if (text.IndexOf(secret, StringComparison.Ordinal) is >= 0 and int at)
            {
                return Around(text, at);
            }
        }

        return Login().Match(text) is { Success: true } login ? Around(text, login.Index) : null;
    }

    /// <exception cref="InvalidOperationException">The text has a secret.</exception>
    public static void AssertNoneIn(string text, string place)
    {
        if (FindIn(text) is { } found)
        {
            throw new InvalidOperationException($"{place} has a secret: …{found}…");
        }
    }

    private static string Around(string text, int at) => text[Math.Max(0, at - 120)..Math.Min(text.Length, at + 60)];

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    [GeneratedRegex(
        @"[a-z]+://[^/\s@:""]+:[^/\s@""]+@|\b(Basic|Bearer) [A-Za-z0-9+/=._-]{12,}|/\.waystation/lfs/[^\s""?]+\?[^\s""]",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex Login();
}
