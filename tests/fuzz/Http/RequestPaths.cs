using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Waystation.CacheStore;
using Waystation.Primaries;
using Waystation.Proxy.Http.Requests;

namespace Waystation.Fuzz.Http;

/// <summary>
/// Request targets and paths over SSH: a target is split without a loss, and the names of repositories lead back to themselves, for
/// every kind of primary.
/// </summary>
internal static class RequestPaths
{
    public static void Read(byte[] bytes)
    {
        string text = Encoding.Latin1.GetString(bytes);
        foreach (string method in (string[])["GET", "POST"])
        {
            Target(method, text);
        }

        foreach (PrimaryKind kind in Enum.GetValues<PrimaryKind>())
        {
            Names(kind, text);
        }
    }

    private static void Target(string method, string target)
    {
        var context = new DefaultHttpContext();
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = target;
        context.Request.Method = method;
        context.Request.ContentType = "application/vnd.git-lfs+json";
        GitRequest git = GitRequest.From(context);
        if (target.StartsWith('/'))
        {
            FindingException.IfDifferent(target, git.Target, "what is forwarded");
        }

        if (git.Service != GitService.Other)
        {
            FindingException.IfDifferent(
                true,
                git.Target.StartsWith($"/{git.RepositoryPath}/", StringComparison.Ordinal),
                git.RepositoryPath
            );
        }
    }

    private static void Names(PrimaryKind kind, string path)
    {
        if (RepositoryPaths.NameOf(kind, path) is { } name)
        {
            LeadsBack(kind, name, path);
        }

        if (RepositoryPath.IsWellFormedOverSsh(path) && RepositoryPaths.OverHttp(kind, "", path) is { } http)
        {
            LeadsBack(kind, RepositoryPaths.NameOf(kind, http), path);
        }
    }

    /// <summary>The node asks for the repository of a name under other paths than the client's: they must name the same one.</summary>
    private static void LeadsBack(PrimaryKind kind, string? name, string path)
    {
        FindingException.IfDifferent(true, RepositoryPath.IsWellFormed(name), $"the name of {kind} {path}");
        FindingException.IfDifferent(name, RepositoryPaths.NameOf(kind, RepositoryPaths.HttpPathOf(kind, name!)), $"{kind} {path}");
        FindingException.IfDifferent(name, RepositoryPaths.NameOfText(kind, name!), $"{kind} {path} in the log");
        string ssh = RepositoryPaths.SshPathOf(kind, "", name!);
        if (RepositoryPaths.OverHttp(kind, "", ssh) is { } again)
        {
            FindingException.IfDifferent(
                Decoded(kind, name!),
                Decoded(kind, RepositoryPaths.NameOf(kind, again)!),
                $"{kind} {path} over SSH as {ssh}"
            );
        }
    }

    /// <summary>The repository as a server reads it. Over SSH there is one spelling, over HTTP any letter may be percent-coded.</summary>
    private static string Decoded(PrimaryKind kind, string name)
    {
        string plain = Uri.UnescapeDataString(name);
        return kind is PrimaryKind.Generic or PrimaryKind.Gerrit ? plain : plain.ToLowerInvariant();
    }
}
