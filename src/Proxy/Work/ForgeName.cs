namespace Waystation.Proxy.Work;

/// <summary>The name of a repository as a forge writes it.</summary>
internal static class ForgeName
{
    private const string GitSuffix = ".git";
    private const string BitbucketPrefix = "scm/";

    /// <summary>The name without <c>.git</c>.</summary>
    public static string Of(string path) => path.EndsWith(GitSuffix, StringComparison.Ordinal) ? path[..^GitSuffix.Length] : path;

    /// <summary>
    /// Whether a path may name that repository. Forges ignore case. One repository too many costs one small question.
    /// </summary>
    public static bool Means(string name, string path)
    {
        string plain = Of(path);
        return Equal(name, plain)
            || (plain.StartsWith(BitbucketPrefix, StringComparison.Ordinal) && Equal(name, plain[BitbucketPrefix.Length..]));
    }

    private static bool Equal(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
