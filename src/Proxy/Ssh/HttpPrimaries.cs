using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Primitives;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;
using Waystation.Proxy.Primaries;
using Waystation.Proxy.Telemetry;
using Waystation.SshFrontend.Sessions;

namespace Waystation.Proxy.Ssh;

/// <summary>The primary over HTTP for users who come in by SSH, in the name of the login that their key stands for.</summary>
internal sealed class HttpPrimaries(
    Primary primary,
    CredentialDigester digester,
    AccessTickets tickets,
    ProxyMeters meters,
    TimeProvider time
) : IHttpPrimaries
{
    public IHttpRepository Open(HttpLogin login, string path) =>
        new Repository(
            primary,
            "/" + path,
            "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{login.Username}:{login.Password}")),
            digester,
            tickets,
            meters,
            time
        );

    private sealed class Repository(
        Primary primary,
        string target,
        string authorization,
        CredentialDigester digester,
        AccessTickets tickets,
        ProxyMeters meters,
        TimeProvider time
    ) : IHttpRepository
    {
        /// <summary>Some servers take only git for git.</summary>
        private const string UserAgent = "git/2.40 (waystation)";

        /// <summary>As of a request whose one identifying header is this login.</summary>
        public Credential Credential { get; } = digester.Digest([new("header authorization", authorization)]);

        public Uri LfsUrl => primary.UriOf($"{(target.EndsWith(".git", StringComparison.Ordinal) ? target : target + ".git")}/info/lfs");

        public IPrimary Asking(string? gitProtocol, ReadOnlyMemory<byte> body) => For("git-upload-pack", gitProtocol, body);

        public Task<PrimaryReply> ReceivePackRefsAsync(CancellationToken cancellationToken) =>
            For("git-receive-pack", gitProtocol: null, default)
                .SendAsync(
                    "receive-pack",
                    HttpMethod.Get,
                    $"{target}/info/refs?service=git-receive-pack",
                    content: null,
                    cancellationToken
                );

        public Task<PrimaryReply> ReceivePackAsync(Stream body, CancellationToken cancellationToken)
        {
            var content = new StreamContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/x-git-receive-pack-request");
            return For("git-receive-pack", gitProtocol: null, default)
                .SendAsync("receive-pack", HttpMethod.Post, $"{target}/git-receive-pack", content, cancellationToken);
        }

        public string Explain(PrimaryReply reply) =>
            reply is not HttpPrimaryReply { Response: var response }
                ? "the primary gave no answer"
                : response.StatusCode switch
                {
                    HttpStatusCode.Unauthorized => "the primary does not accept the login that belongs to your key",
                    HttpStatusCode.Forbidden => "the primary does not allow you that",
                    HttpStatusCode.NotFound => "the primary has no such repository, or none that you may see",
                    HttpStatusCode.OK => "the primary's answer is not Git's",
                    HttpStatusCode.TooManyRequests when CredentialHolds.WaitOf(response, time) is { } wait =>
                        $"the primary answers 429; try again in {TroubleText.Seconds(wait)} s",
                    var status => $"the primary answered {(int)status} {response.ReasonPhrase}",
                };

        private HttpPrimary For(string service, string? gitProtocol, ReadOnlyMemory<byte> body)
        {
            List<KeyValuePair<string, StringValues>> headers =
            [
                new("Authorization", authorization),
                new("User-Agent", UserAgent),
                new("Accept", "*/*"),
                new("Content-Type", $"application/x-{service}-request"),
            ];
            if (gitProtocol is not null)
            {
                headers.Add(new("Git-Protocol", gitProtocol));
            }

            return new HttpPrimary(
                primary,
                $"{target}/{service}",
                $"{target}/info/refs?service={service}",
                headers,
                body,
                tickets,
                meters,
                primary.NameOf(target[1..]),
                Credential
            );
        }
    }
}
