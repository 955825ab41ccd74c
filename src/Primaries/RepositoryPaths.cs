using Waystation.CacheStore;

namespace Waystation.Primaries;

/// <summary>
/// Says which paths name the same repository, by the kind of primary. Two paths that may be two repositories stay two: a missed sharing
/// costs a pack, a wrong sharing would give objects to the wrong client.
/// <code>
///               HTTP                        SSH                      name
///   generic     team/tool.git               /team/tool.git           team/tool.git
///   github …    Team/Tool.git               Team/Tool                team/tool
///   bitbucket   scm/TEAM/tool.git           /team/tool.git           team/tool
///   azure       org/project/_git/tool       v3/org/project/tool      org/project/_git/tool
///   gerrit      a/tool                      -                        tool
/// </code>
/// </summary>
internal static class RepositoryPaths
{
    private const string GitSuffix = ".git";
    private const string BitbucketPrefix = "scm/";
    private const string AzurePrefix = "v3/";
    private const string AzureMiddle = "_git";
    private const string GerritPrefix = "a/";

    /// <summary>The name of a repository.</summary>
    /// <param name="kind">The kind of primary.</param>
    /// <param name="path">Its path over HTTP, without a leading slash.</param>
    public static string NameOf(PrimaryKind kind, string path) =>
        kind switch
        {
            PrimaryKind.GitHub or PrimaryKind.GitLab or PrimaryKind.Gitea => Lower(WithoutSuffix(path)),
            PrimaryKind.Bitbucket => Lower(WithoutSuffix(WithoutPrefix(path, BitbucketPrefix))),
            PrimaryKind.Azure => Lower(path),
            PrimaryKind.Gerrit => WithoutSuffix(WithoutPrefix(path, GerritPrefix)),
            _ => path,
        };

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

        string coded = string.Join('/', parts.Select(Uri.EscapeDataString));
        if (!RepositoryPath.IsWellFormed(coded))
        {
            return null;
        }

        return kind switch
        {
            PrimaryKind.Bitbucket => BitbucketPrefix + coded,
            PrimaryKind.Azure => parts is ["v3", _, _, _] ? OverAzure(coded[AzurePrefix.Length..]) : null,
            _ => coded,
        };
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

    /// <summary>The path over SSH of the repository of this name, in its plain letters.</summary>
    public static string SshPathOf(PrimaryKind kind, string prefix, string name)
    {
        string path = kind switch
        {
            PrimaryKind.GitHub or PrimaryKind.GitLab or PrimaryKind.Gitea or PrimaryKind.Bitbucket => name + GitSuffix,
            PrimaryKind.Azure => AzurePrefix + name.Replace($"/{AzureMiddle}/", "/", StringComparison.Ordinal),
            _ => name,
        };
        path = string.Join('/', path.Split('/').Select(Uri.UnescapeDataString));
        return prefix.EndsWith('/') ? prefix + path : $"{prefix}/{path}";
    }

    private static string OverAzure(string path)
    {
        int slash = path.LastIndexOf('/');
        return $"{path[..slash]}/{AzureMiddle}{path[slash..]}";
    }

    private static string WithoutPrefix(string path, string prefix) =>
        path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? path[prefix.Length..] : path;

    private static string WithoutSuffix(string path) =>
        path.EndsWith(GitSuffix, StringComparison.OrdinalIgnoreCase) ? path[..^GitSuffix.Length] : path;

    private static string Lower(string path) => path.ToLowerInvariant();
}
