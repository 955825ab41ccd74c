using System.Globalization;
using System.Net;
using Waystation.CacheStore;
using Waystation.FetchCore.Forecasts;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.Primaries;
using Waystation.Primaries.Http;
using Waystation.Primaries.Http.Responses;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Admin.Pages;

/// <summary>Explains to an operator how the node would serve a clone. The login is held for the question and is in no answer.</summary>
internal sealed class CloneExplainer(HttpRepositories repositories, ForecastService forecasts, NodeOptions options)
{
    public async Task<Explained> ExplainAsync(
        Primary primary,
        RepositoryName repository,
        ExplainQuestion question,
        CloneShape shape,
        CancellationToken cancellationToken
    )
    {
        string path = primary.HttpPathOf(repository);
        HttpRepository asked = question.Password is { } password
            ? repositories.Open(primary.Http, repository, path, new HttpLogin(question.Username ?? "", password))
            : repositories.OpenAnonymous(primary.Http, repository, path);
        bool isSelected = primary.IsSelected(repository);
        Forecast? seen = isSelected
            ? await forecasts.LookAsync(
                repository,
                asked.Credential,
                shape,
                asked.Asking(GitProtocol.ProtocolVersion.Two, body: default),
                reply => WordsOf(reply, question.Password is not null),
                cancellationToken
            )
            : null;
        return new Explained(
            repository.ToString(),
            $"{primary.Http.Prefix}/{path}",
            WordsOf(shape),
            asked.Credential.ToString(),
            isSelected,
            seen?.IsReached,
            seen is { IsReached: true } ? seen.IsAccepted : null,
            (seen is null ? FetchOutcome.Bypass : seen.Outcome)?.ToWord(),
            (seen is null ? ForwardReason.NotSelected : seen.Reason)?.ToWord(),
            seen?.Miss?.ToWord(),
            seen is null
                ? ["Projects does not select this repository: the primary gets every request unchanged, and the node keeps nothing"]
                : [.. ForecastWords.Of(seen, primary.Authority)],
            OverSsh(primary, seen)
        );
    }

    /// <summary>Puts a reply that is no answer into words.</summary>
    private static string WordsOf(PrimaryReply reply, bool hasLogin) =>
        reply is not HttpPrimaryReply { Response: var response }
            ? "it sent no response"
            : response.StatusCode switch
            {
                HttpStatusCode.Unauthorized when !hasLogin => "it demands a login (401)",
                HttpStatusCode.Unauthorized => "the login is wrong, or may not read it (401)",
                HttpStatusCode.Forbidden => "the login may not read it (403)",
                HttpStatusCode.NotFound => "there is no such repository, or none that this login may see (404)",
                HttpStatusCode.OK => "it did not answer as a Git server does",
                var status => $"it answered {(int)status}",
            };

    private string OverSsh(Primary primary, Forecast? seen) =>
        !options.Ssh.IsOn ? "the node has no SSH address (Ssh:Listen)"
        : seen is null ? "the same over SSH: the primary gets every request"
        : options.Ssh.KeyAuthority.IsSet ? "the same pack over SSH, if the key authority maps the user's key to this login"
        : primary.Ssh is null ? "no clone over SSH: the node has neither the primary's SSH address (SshUrl) nor a key authority"
        : "the same pack over SSH, if the primary accepts a key of the user's forwarded agent (ForwardAgent yes) for this repository";

    private static string WordsOf(CloneShape shape)
    {
        List<string> words = [];
        if (shape.Depth is { } depth)
        {
            words.Add(string.Create(CultureInfo.InvariantCulture, $"depth {depth}"));
        }

        if (shape.Filter is { } filter)
        {
            words.Add($"filter {filter}");
        }

        if (shape.Branch is { } branch)
        {
            words.Add($"branch {branch}");
        }

        return words.Count == 0 ? "full" : string.Join(", ", words);
    }
}
