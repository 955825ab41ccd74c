using System.Net;
using Waystation.GitProtocol;
using Waystation.Primaries;
using Waystation.Primaries.Http;
using Waystation.Primaries.Http.Responses;
using Waystation.Proxy.Doctor.Looks;
using Waystation.Proxy.Doctor.Reporting;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>The primary accepts the node's own password or token over HTTP.</summary>
internal sealed class CredentialCheck(GitServer server, string? repository, GitServiceCheck git, HttpCheck http)
    : Check("credential", server.Name, http)
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    public override TimeSpan Limit => TimeSpan.FromSeconds(12);

    private ServiceOptions Service => server.Options.Service;

    public override async Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        string file = Service.PasswordFile!;
        string secret = (await File.ReadAllTextAsync(file, cancellationToken)).TrimEnd('\r', '\n');
        if (secret.Length == 0)
        {
            findings.Fail($"{file} is empty", "write the password or token into it");
            return;
        }

        if ((File.GetUnixFileMode(file) & Others) != UnixFileMode.None)
        {
            findings.Warn($"{file} can be read by other accounts of this machine", $"chmod 600 {file}");
        }

        if (GitServiceCheck.TargetOf(server, repository) is not { } target)
        {
            findings.Skip("there is no such repository to ask for");
            return;
        }

        string login = Service.Username is { } user ? new HttpLogin(user, secret).Authorization : $"Bearer {secret}";
        using HttpResponseMessage response = await server.GetAsync(
            target,
            [("Git-Protocol", ProtocolVersion.Two), ("Authorization", login)],
            cancellationToken
        );
        Judge(response, findings);
    }

    private void Judge(HttpResponseMessage response, FindingList findings)
    {
        string name = Service.Username is { } user ? $"the password of {user}" : "the token";
        string where = $"{server.Settings}:Service:PasswordFile";
        if (HttpPrimaryReply.IsGitAnswer(response))
        {
            findings.Ok($"{name} may read {repository}");
        }
        else if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            findings.Fail(
                $"the primary refuses {name} (401)",
                $"put a valid password or token into the file of {where}; a password needs {server.Settings}:Service:Username, a token none"
            );
        }
        else if (response.StatusCode == HttpStatusCode.Forbidden)
        {
            findings.Fail($"the primary knows {name}, but refuses it (403)", "give this account the right to read the repositories");
        }
        else if (response.StatusCode == HttpStatusCode.NotFound && repository is not null)
        {
            findings.Fail($"with {name} the primary shows no {repository} (404)", "give this account the right to read it");
        }
        else if (response.StatusCode == HttpStatusCode.NotFound && git.Status == HttpStatusCode.Unauthorized)
        {
            findings.Ok($"the primary accepts {name}");
        }
        else
        {
            findings.Skip(
                $"the answer {(int)response.StatusCode} does not tell whether {name} is right",
                "name a repository with --repository team/tool.git that only this account may read"
            );
        }
    }
}
