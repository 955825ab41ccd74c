using System.Diagnostics;
using System.Globalization;
using System.Net;
using Waystation.Proxy.Doctor.Looks;
using Waystation.Proxy.Doctor.Reporting;
using Waystation.Proxy.Hooks;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>A server answers over HTTP, and does not send clients elsewhere.</summary>
internal sealed class HttpCheck(GitServer server, params IReadOnlyList<Check> needs) : Check("http", server.Name, needs)
{
    public override TimeSpan Limit => TimeSpan.FromSeconds(8);

    /// <summary>The time that the server gave with its answer; null if it gave none.</summary>
    public DateTimeOffset? Date { get; private set; }

    /// <summary>When the answer came, by this machine's clock.</summary>
    public DateTimeOffset AnsweredAt { get; private set; }

    /// <summary>How long the server took.</summary>
    public TimeSpan Took { get; private set; }

    /// <summary>The page to ask for: at a node one that the node answers itself.</summary>
    public static string TargetOf(GitServer server) => server.IsNode ? $"{HookEndpoint.Prefix}/doctor" : "/";

    public override async Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        HttpResponseMessage response;
        try
        {
            response = await server.GetAsync(TargetOf(server), [], cancellationToken);
        }
        catch (HttpRequestException e)
        {
            findings.Fail($"no answer: {e.Message}", RemedyOf(e));
            return;
        }

        using (response)
        {
            (Took, AnsweredAt, Date) = (Stopwatch.GetElapsedTime(begun), DateTimeOffset.UtcNow, response.Headers.Date);
            Judge(response, findings);
        }
    }

    private void Judge(HttpResponseMessage response, FindingList findings)
    {
        int status = (int)response.StatusCode;
        string answered = string.Create(CultureInfo.InvariantCulture, $"answers with status {status} ({Took.TotalMilliseconds:0} ms)");
        if (response.StatusCode == HttpStatusCode.LoopDetected)
        {
            findings.Fail(
                $"{answered}: the address leads back to a node",
                $"set {server.Settings}:Address (--primary-address) to the primary's own address"
            );
        }
        else if (response.StatusCode == HttpStatusCode.ProxyAuthenticationRequired)
        {
            findings.Fail($"{answered}: the proxy demands a login", $"set {server.Settings}:Proxy:Username and :PasswordFile");
        }
        else if (status >= 500)
        {
            findings.Fail(answered, "the server or a balancer in front of it is not in order: look at its own log");
        }
        else if (
            response.Headers.Location is { IsAbsoluteUri: true } location
            && (location.Scheme, location.Authority) != (server.Options.Url.Scheme, server.Options.Url.Authority)
            && location.Host == server.Options.Url.Host
        )
        {
            findings.Warn(
                $"{answered} and sends clients to {location.GetLeftPart(UriPartial.Authority)}",
                $"give {server.Settings}:Url as {location.GetLeftPart(UriPartial.Authority)}, or clients go there past the node"
            );
        }
        else
        {
            findings.Ok(answered);
        }
    }

    private string RemedyOf(HttpRequestException failure) =>
        failure.Message.Contains("proxy", StringComparison.OrdinalIgnoreCase)
            ? $"correct {server.Settings}:Proxy:Url, :Username and :PasswordFile"
            : "look whether the server takes requests at all, and at its log";
}
