using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Waystation.GitProtocol;
using Waystation.Primaries.Http.Responses;
using Waystation.Proxy.Doctor.Looks;
using Waystation.Proxy.Doctor.Reporting;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary><c>info/refs</c> is answered by a Git service, and not by a file server or a login page.</summary>
/// <param name="server">The server.</param>
/// <param name="repository">A repository to ask for; null if none is known.</param>
/// <param name="isNamed">Whether the operator has named it, so that it must be there.</param>
/// <param name="http">The check that HTTP is there.</param>
internal sealed partial class GitServiceCheck(GitServer server, string? repository, bool isNamed, Check http)
    : Check("git", server.Name, http)
{
    /// <summary>A repository that no server has. Servers with accounts ask for a login all the same.</summary>
    private const string Unknown = "waystation/doctor-asks-whether-a-git-service-is-there";

    private const int Enough = 4096;

    public override TimeSpan Limit => TimeSpan.FromSeconds(8);

    /// <summary>The status of the answer without a credential.</summary>
    public HttpStatusCode Status { get; private set; }

    /// <summary>Path and query of the question for the refs of a repository; null if the server has no such path.</summary>
    public static string? TargetOf(GitServer server, string? repository) =>
        server.PathOf(repository ?? Unknown) is not { } path
            ? null
            : $"/{(repository is null && !path.EndsWith(".git", StringComparison.Ordinal) ? path + ".git" : path)}"
                + "/info/refs?service=git-upload-pack";

    public override async Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        if (TargetOf(server, repository) is not { } target)
        {
            findings.Fail($"{repository} is no path of a repository", "name it as in the URL of a clone: --repository team/tool.git");
            return;
        }

        using HttpResponseMessage response = await server.GetAsync(target, [("Git-Protocol", ProtocolVersion.Two)], cancellationToken);
        Status = response.StatusCode;
        string asked = repository ?? "a repository";
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                Judge(await BeginningAsync(response, cancellationToken), response, findings);
                break;
            case HttpStatusCode.Unauthorized:
                JudgeLogin(string.Join(", ", response.Headers.WwwAuthenticate.Select(static one => one.Scheme)), findings);
                break;
            case >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest:
                findings.Fail(
                    $"the question for {asked} is sent to {response.Headers.Location}, perhaps a login page",
                    "give the URL at which the Git service itself answers; let it answer 401 instead of a redirect to a login"
                );
                break;
            case HttpStatusCode.NotFound when !isNamed:
                findings.Skip($"answers 404 to {asked} without a login", "name one with --repository team/tool.git to look further");
                break;
            case HttpStatusCode.NotFound or HttpStatusCode.Gone:
                findings.Fail($"answers {(int)Status} to {repository}", "correct the path, or ask for a repository that is there");
                break;
            case HttpStatusCode.Forbidden:
                findings.Warn($"answers 403 to {asked} without a login", "clients that send no credential at once get no further");
                break;
            default:
                findings.Fail($"answers {(int)Status} to {asked}", "look at the log of the Git service");
                break;
        }
    }

    private static void JudgeLogin(string schemes, FindingList findings)
    {
        if (schemes.Length > 0 && schemes.Split(", ").All(static scheme => scheme is "NTLM" or "Negotiate" or "Kerberos"))
        {
            findings.Warn(
                $"asks for a login by {schemes} only, which belongs to a connection",
                "let the primary take Basic or Bearer as well: the node keeps nothing for logins of a connection"
            );
            return;
        }

        findings.Ok($"asks for a login ({(schemes.Length > 0 ? schemes : "no scheme")})");
    }

    private static void Judge(string text, HttpResponseMessage response, FindingList findings)
    {
        string type = response.Content.Headers.ContentType?.MediaType ?? "no type";
        if (HttpPrimaryReply.IsGitAnswer(response) && PktLine().IsMatch(text))
        {
            findings.Ok(
                text.Contains("version 2", StringComparison.Ordinal)
                    ? "speaks protocol version 2"
                    : "speaks protocol version 0: each fetch asks for all refs"
            );
        }
        else if (RefLine().IsMatch(text))
        {
            findings.Fail(
                "is a dumb HTTP server: it shows the files of the repository",
                "serve repositories by git http-backend or a forge; Git services answer info/refs with pkt-lines"
            );
        }
        else if (type is "text/html" or "application/xhtml+xml" || text.Contains("<html", StringComparison.OrdinalIgnoreCase))
        {
            findings.Fail(
                "a web page answers instead of a Git service, such as a login page or the portal of a proxy",
                "give the URL at which the Git service itself answers; look for a single sign-on or a proxy in front of it"
            );
        }
        else
        {
            findings.Fail($"the answer ({type}) is not one of a Git service", "give the URL at which the Git service itself answers");
        }
    }

    private static async Task<string> BeginningAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        byte[] beginning = new byte[Enough];
        int read = await body.ReadAtLeastAsync(beginning, Enough, throwOnEndOfStream: false, cancellationToken);
        return Encoding.Latin1.GetString(beginning, 0, read);
    }

    [GeneratedRegex(
        "^[0-9a-f]{4}(# service=git-upload-pack|version [12]|[0-9a-f]{40})",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex PktLine();

    [GeneratedRegex("^[0-9a-f]{40,64}\trefs/", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RefLine();
}
