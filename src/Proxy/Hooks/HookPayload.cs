using System.Text.Json;
using System.Text.Unicode;
using Waystation.CacheStore;

namespace Waystation.Proxy.Hooks;

/// <summary>The repository that a notice is about.</summary>
internal static class HookPayload
{
    private const string GitSuffix = ".git";
    private const string BitbucketPrefix = "scm/";

    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 32 };

    /// <summary>Its name as the forge writes it, without <c>.git</c>; null where the notice is about none, or what it says is no
    /// repository's path.</summary>
    /// <exception cref="JsonException">It is no JSON, or not in UTF-8.</exception>
    public static string? RepositoryOf(Forge forge, ReadOnlyMemory<byte> body)
    {
        // The parser looks at the bytes of a text only when the text is asked for, and then throws something else.
        if (!Utf8.IsValid(body.Span))
        {
            throw new JsonException("the body is not UTF-8");
        }

        using var json = JsonDocument.Parse(body, s_options);
        string? name;
        try
        {
            name = forge.RepositoryIn(json.RootElement);
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("half of a surrogate pair is no text", e);
        }

        return RepositoryPath.IsWellFormed(name) ? WithoutSuffix(name!) : null;
    }

    /// <summary>
    /// Whether a path may be that repository's. Forges take no notice of case; to look at one repository too many costs one small
    /// question.
    /// </summary>
    public static bool Means(string name, string path)
    {
        string plain = WithoutSuffix(path);
        return Equal(name, plain)
            || (plain.StartsWith(BitbucketPrefix, StringComparison.Ordinal) && Equal(name, plain[BitbucketPrefix.Length..]));
    }

    private static bool Equal(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    private static string WithoutSuffix(string path) =>
        path.EndsWith(GitSuffix, StringComparison.Ordinal) ? path[..^GitSuffix.Length] : path;
}
