using System.Net.Sockets;
using Waystation.Proxy.Doctor.Looks;
using Waystation.Proxy.Doctor.Reporting;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>A port that an URL calls <c>https</c> speaks TLS, and one that it calls <c>http</c> does not.</summary>
internal sealed class SchemeCheck(GitServer server, Check tcp) : Check("scheme", server.Name, tcp)
{
    private const int BadRequest = 400;

    public override async Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        if (server.Proxy is not null)
        {
            findings.Skip("the way leads through a proxy");
            return;
        }

        try
        {
            bool isRight = server.IsTls
                ? await LookForTlsAsync(findings, cancellationToken)
                : await LookForPlainAsync(findings, cancellationToken);
            if (isRight)
            {
                findings.Ok($"{server.ConnectText} speaks {server.Options.Url.Scheme}");
            }
        }
        catch (SocketException e)
        {
            findings.Fail(
                $"the second connection to {server.ConnectText} failed: {e.Message}",
                "look for a firewall that limits connections"
            );
        }
    }

    private async Task<bool> LookForTlsAsync(FindingList findings, CancellationToken cancellationToken)
    {
        if ((await TlsLook.AtAsync(server.ConnectTo, server.TlsName, cancellationToken)).IsTls)
        {
            return true;
        }

        if ((await PlainLook.AtAsync(server.ConnectTo, server.Options.Url.Authority, cancellationToken)).Status is not null)
        {
            findings.Fail(
                $"{server.ConnectText} speaks plain http, but the URL says https",
                server.IsNode
                    ? "ask the node with http://, or give it the address as https:// in Listen"
                    : $"correct the scheme or the port in {server.Settings}:Url"
            );
            return false;
        }

        findings.Fail($"{server.ConnectText} speaks neither TLS nor http", $"correct the port in {server.Settings}:Url or :Address");
        return false;
    }

    private async Task<bool> LookForPlainAsync(FindingList findings, CancellationToken cancellationToken)
    {
        int? status = (await PlainLook.AtAsync(server.ConnectTo, server.Options.Url.Authority, cancellationToken)).Status;
        // Some servers answer plain http at a port of TLS with a page that says so.
        if (status is not (null or BadRequest))
        {
            return true;
        }

        if ((await TlsLook.AtAsync(server.ConnectTo, server.TlsName, cancellationToken)).IsTls)
        {
            findings.Fail(
                $"{server.ConnectText} speaks https, but the URL says http",
                server.IsNode ? "ask the node with https://" : $"give {server.Settings}:Url with https://"
            );
            return false;
        }

        if (status is null)
        {
            findings.Fail($"{server.ConnectText} speaks neither http nor TLS", $"correct the port in {server.Settings}:Url or :Address");
        }

        return status is not null;
    }
}
