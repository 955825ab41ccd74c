using Microsoft.AspNetCore.Http.Features;
using Waystation.GitProtocol.Lfs;

namespace Waystation.Proxy.Http.Requests;

/// <summary>The service of git that a request is for.</summary>
internal enum GitService
{
    /// <summary>No service that the node handles.</summary>
    Other,

    /// <summary>The advertisement for a fetch: <c>GET …/info/refs?service=git-upload-pack</c>.</summary>
    InfoRefs,

    /// <summary>Refs or a pack: <c>POST …/git-upload-pack</c>.</summary>
    UploadPack,

    /// <summary>Either half of a push.</summary>
    ReceivePack,

    /// <summary>The batch API of LFS: <c>POST …/objects/batch</c>.</summary>
    LfsBatch,

    /// <summary>The mirror's own files: <c>GET /.waystation/snapshot/…</c>.</summary>
    Snapshot,
}

/// <summary>
/// The parsed request line, from its raw target: exactly the text that the primary gets. So no difference in decoding can make the node
/// mistake one repository for another (gitprotocol-http, "Smart Clients").
/// </summary>
internal sealed record GitRequest
{
    /// <summary>What stands before the path of a repository in the path of its snapshot.</summary>
    public const string SnapshotPrefix = "/.waystation/snapshot/";

    private const string InfoRefsSuffix = "/info/refs";
    private const string UploadPackSuffix = "/git-upload-pack";
    private const string ReceivePackSuffix = "/git-receive-pack";
    private const string LfsBatchSuffix = "/info/lfs/objects/batch";

    /// <summary>The batch API at a URL that the primary, or <c>lfs.url</c>, names.</summary>
    private const string OtherLfsBatchSuffix = "/objects/batch";

    private GitRequest(string target, string query, GitService service, string repositoryPath, string repositoryTarget)
    {
        Target = target;
        Query = query;
        Service = service;
        RepositoryPath = repositoryPath;
        RepositoryTarget = repositoryTarget;
    }

    /// <summary>Path and query as the client wrote them.</summary>
    public string Target { get; }

    /// <summary>Without the question mark.</summary>
    public string Query { get; }

    public GitService Service { get; }

    /// <summary>Empty if the request names no repository.</summary>
    public string RepositoryPath { get; }

    private string RepositoryTarget { get; }

    /// <summary>All query parameters but <c>service</c>; they may identify the client.</summary>
    public IEnumerable<KeyValuePair<string, string>> IdentifyingParameters =>
        Parameters(Query).Where(static parameter => parameter.Key != "service");

    /// <summary>The target at which the same client asks for the advertisement of the same repository.</summary>
    public string InfoRefsTarget
    {
        get
        {
            IEnumerable<string> others = Query
                .Split('&', StringSplitOptions.RemoveEmptyEntries)
                .Where(static part => !part.StartsWith("service=", StringComparison.Ordinal));
            return $"{RepositoryTarget}{InfoRefsSuffix}?{string.Join('&', others.Prepend("service=git-upload-pack"))}";
        }
    }

    /// <summary>The target at which the same client asks for refs and packs of the same repository.</summary>
    public string UploadPackTarget
    {
        get
        {
            string others = string.Join(
                '&',
                Query
                    .Split('&', StringSplitOptions.RemoveEmptyEntries)
                    .Where(static part => !part.StartsWith("service=", StringComparison.Ordinal))
            );
            return $"{RepositoryTarget}{UploadPackSuffix}{(others.Length > 0 ? "?" : "")}{others}";
        }
    }

    /// <summary>
    /// Whether the target is one word of printable ASCII. HTTP/2 carries any bytes there, and a space or a line's end would read
    /// as something else in the request line that the primary gets.
    /// </summary>
    public static bool HasPlainTarget(HttpContext context) =>
        !context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <summary>Whether it is for a snapshot. The raw target decides, as for all that is read of it.</summary>
    public static bool IsOfSnapshot(HttpContext context) =>
        OriginFormOf(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget)
            ?.StartsWith(SnapshotPrefix, StringComparison.Ordinal) == true;

    public static GitRequest From(HttpContext context)
    {
        if (OriginFormOf(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget) is not { } target)
        {
            // "*" and the form of CONNECT: neither has a path.
            return new GitRequest("/", "", GitService.Other, "", "/");
        }

        int mark = target.IndexOf('?', StringComparison.Ordinal);
        string path = mark < 0 ? target : target[..mark];
        string query = mark < 0 ? "" : target[(mark + 1)..];
        if (path.Length > SnapshotPrefix.Length && path.StartsWith(SnapshotPrefix, StringComparison.Ordinal))
        {
            string repository = path[SnapshotPrefix.Length..];
            return new GitRequest(target, query, GitService.Snapshot, repository, "/" + repository);
        }

        (GitService service, string suffix) = Recognise(context.Request, path, query);
        return suffix.Length == 0
            ? new GitRequest(target, query, service, "", path)
            : new GitRequest(target, query, service, path[1..^suffix.Length], path[..^suffix.Length]);
    }

    /// <summary>
    /// Path and query of a target, to the letter; the absolute form has a scheme and a host before them (RFC 9112, section 3.2).
    /// </summary>
    private static string? OriginFormOf(string target)
    {
        if (target.StartsWith('/'))
        {
            return target;
        }

        int authority = target.IndexOf("://", StringComparison.Ordinal);
        if (authority < 0)
        {
            return null;
        }

        int path = target.AsSpan(authority + 3).IndexOfAny('/', '?');
        return path < 0 ? "/"
            : target[authority + 3 + path] == '/' ? target[(authority + 3 + path)..]
            : "/" + target[(authority + 3 + path)..];
    }

    private static (GitService Service, string Suffix) Recognise(HttpRequest request, string path, string query)
    {
        string method = request.Method;
        if (method == "POST" && IsUnder(path, UploadPackSuffix))
        {
            return (GitService.UploadPack, UploadPackSuffix);
        }

        if (method == "POST" && IsUnder(path, ReceivePackSuffix))
        {
            return (GitService.ReceivePack, ReceivePackSuffix);
        }

        if (method == "POST" && IsUnder(path, OtherLfsBatchSuffix) && IsLfs(request.ContentType))
        {
            return (GitService.LfsBatch, IsUnder(path, LfsBatchSuffix) ? LfsBatchSuffix : OtherLfsBatchSuffix);
        }

        if (method == "GET" && IsUnder(path, InfoRefsSuffix))
        {
            List<string> services =
            [
                .. Parameters(query).Where(static parameter => parameter.Key == "service").Select(static parameter => parameter.Value),
            ];
            return services switch
            {
                ["git-upload-pack"] => (GitService.InfoRefs, InfoRefsSuffix),
                ["git-receive-pack"] => (GitService.ReceivePack, InfoRefsSuffix),
                _ => (GitService.Other, ""),
            };
        }

        return (GitService.Other, "");
    }

    private static bool IsLfs(string? contentType) =>
        contentType is not null && contentType.StartsWith(LfsBatchAnswer.MediaType, StringComparison.OrdinalIgnoreCase);

    private static bool IsUnder(string path, string suffix) =>
        path.Length > suffix.Length + 1 && path.EndsWith(suffix, StringComparison.Ordinal);

    private static IEnumerable<KeyValuePair<string, string>> Parameters(string query)
    {
        foreach (string part in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            yield return equals < 0 ? new(part, "") : new(part[..equals], part[(equals + 1)..]);
        }
    }
}
