using Waystation.CacheStore;

namespace Waystation.Primaries;

/// <summary>
/// Says which paths name the same repository, by the kind of primary. Two paths that may be two repositories stay two: a missed sharing
/// costs a pack, a wrong sharing would give objects to the wrong client. A path that the kind does not have names no repository.
/// <code>
///               HTTP                        SSH                      name
///   generic     team/tool.git               /team/tool.git           team/tool.git
///   github …    Team/Tool.git               Team/Tool                team/tool
///   bitbucket   scm/TEAM/tool.git           /team/tool.git           team/tool
///   azure       org/my%20project/_git/tool  v3/org/my%20project/tool org/my%20project/_git/tool
///   gerrit      a/tool, tool                tool                     tool
///               a/a/tool                    a/tool                   a/tool
/// </code>
/// </summary>
internal static class RepositoryPaths
{
    private const string GitSuffix = ".git";
    private const string BitbucketPrefix = "scm/";
    private const string AzurePrefix = "v3/";
    private const string AzureMiddle = "_git";
    private const string GerritPrefix = "a/";

    /// <summary>The name of a repository; null if this kind has no repository at such a path.</summary>
    /// <param name="kind">The kind of primary.</param>
    /// <param name="path">Its path over HTTP, without a leading slash.</param>
    public static string? NameOf(PrimaryKind kind, string path)
    {
        if (!RepositoryPath.IsWellFormed(path))
        {
            return null;
        }

        string? name = kind switch
        {
            PrimaryKind.GitHub or PrimaryKind.GitLab or PrimaryKind.Gitea => OfForge(path),
            PrimaryKind.Bitbucket => IsOfBitbucket(path) ? OfForge(path[BitbucketPrefix.Length..]) : null,
            PrimaryKind.Azure => IsOfAzure(path) ? path.ToLowerInvariant() : null,
            PrimaryKind.Gerrit => OfGerrit(path),
            _ => path,
        };
        // Without its suffix a segment such as "..git" would be another word.
        return RepositoryPath.IsWellFormed(name) ? name : null;
    }

    /// <summary>The name of a repository that an operator or the log calls so. Not every name is a path over HTTP.</summary>
    /// <param name="kind">The kind of primary.</param>
    /// <param name="text">The name, or a path over HTTP.</param>
    public static string? NameOfText(PrimaryKind kind, string text) =>
        kind == PrimaryKind.Gerrit
            ? NameOf(kind, HttpPathOf(kind, text))
            : NameOf(kind, text) ?? (kind == PrimaryKind.Bitbucket ? NameOf(kind, HttpPathOf(kind, text)) : null);

    /// <summary>The path over HTTP of a path over SSH; null if HTTP has no path for it.</summary>
    /// <param name="kind">The kind of primary.</param>
    /// <param name="prefix">The beginning of the path that only SSH has; may be empty.</param>
    /// <param name="path">The path over SSH.</param>
    public static string? OverHttp(PrimaryKind kind, string prefix, string path)
    {
        if (prefix.Length > 0)
        {
            if (
                !path.StartsWith(prefix, StringComparison.Ordinal)
                || (!prefix.EndsWith('/') && path.Length > prefix.Length && path[prefix.Length] != '/')
            )
            {
                return null;
            }

            path = path[prefix.Length..];
        }

        string plain = path is ['/', ..] ? path[1..] : path;
        string[] parts = plain.Split('/');
        if (Array.Exists(parts, static part => part is "" or "." or "..") || (kind == PrimaryKind.Generic && plain[0] == '~'))
        {
            return null;
        }

        if (kind == PrimaryKind.Azure && plain.Contains('%', StringComparison.Ordinal))
        {
            // Azure's own URLs have percent-coded text over SSH as well.
            if (!RepositoryPath.IsWellFormed(plain))
            {
                return null;
            }

            parts = [.. parts.Select(Uri.UnescapeDataString)];
        }

        string[] coded = [.. parts.Select(Uri.EscapeDataString)];
        string? http = kind switch
        {
            PrimaryKind.Bitbucket => BitbucketPrefix + string.Join('/', coded),
            PrimaryKind.Azure => coded is ["v3", var organisation, var project, var repository]
                ? $"{organisation}/{project}/{AzureMiddle}/{repository}"
                : null,
            PrimaryKind.Gerrit => GerritPrefix + string.Join('/', coded),
            _ => string.Join('/', coded),
        };
        return http is not null && NameOf(kind, http) is not null ? http : null;
    }

    /// <summary>A path over HTTP of the repository of this name.</summary>
    public static string HttpPathOf(PrimaryKind kind, string name) =>
        kind switch
        {
            PrimaryKind.GitHub or PrimaryKind.GitLab or PrimaryKind.Gitea => name + GitSuffix,
            PrimaryKind.Bitbucket => $"{BitbucketPrefix}{name}{GitSuffix}",
            PrimaryKind.Gerrit => GerritPrefix + name,
            _ => name,
        };

    /// <summary>The path over SSH of the repository of this name, in the letters that clients of this kind use.</summary>
    public static string SshPathOf(PrimaryKind kind, string prefix, string name)
    {
        string path = kind switch
        {
            PrimaryKind.GitHub or PrimaryKind.GitLab or PrimaryKind.Gitea or PrimaryKind.Bitbucket => Plain(name) + GitSuffix,
            PrimaryKind.Azure => AzurePrefix + WithoutLast(name, $"/{AzureMiddle}/"),
            _ => Plain(name),
        };
        return prefix.EndsWith('/') ? prefix + path : $"{prefix}/{path}";
    }

    /// <summary><c>scm/PROJECT/REPOSITORY</c>.</summary>
    private static bool IsOfBitbucket(string path) =>
        path.StartsWith(BitbucketPrefix, StringComparison.Ordinal) && path.AsSpan().Count('/') == 2;

    /// <summary><c>…/_git/REPOSITORY</c>, where a mode such as <c>_full</c> may stand before the repository.</summary>
    private static bool IsOfAzure(string path) =>
        path.Split('/') is [_, .. var rest]
        && (rest is [.., var middle, _] && IsAzureMiddle(middle) || rest is [.., var before, ['_', ..], _] && IsAzureMiddle(before));

    private static bool IsAzureMiddle(string segment) => string.Equals(segment, AzureMiddle, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Gerrit cuts <c>.git</c> off as often as it is there. Over HTTP the first segment <c>a</c> asks for a login, and only in this case.
    /// </summary>
    private static string OfGerrit(string path)
    {
        string name = path.StartsWith(GerritPrefix, StringComparison.Ordinal) ? path[GerritPrefix.Length..] : path;
        while (name.EndsWith(GitSuffix, StringComparison.Ordinal))
        {
            name = name[..^GitSuffix.Length];
        }

        return name;
    }

    /// <summary>No forge has a repository whose own name ends with <c>.git</c>.</summary>
    private static string? OfForge(string path)
    {
        string name = path.ToLowerInvariant();
        name = name.EndsWith(GitSuffix, StringComparison.Ordinal) ? name[..^GitSuffix.Length] : name;
        return name.EndsWith(GitSuffix, StringComparison.Ordinal) ? null : name;
    }

    private static string WithoutLast(string path, string part) =>
        path.LastIndexOf(part, StringComparison.Ordinal) is var at and >= 0 ? $"{path[..at]}/{path[(at + part.Length)..]}" : path;

    private static string Plain(string path) => string.Join('/', path.Split('/').Select(Uri.UnescapeDataString));
}
