using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Primitives;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.Primaries.Http.Responses;

namespace Waystation.Primaries.Http;

/// <summary>One repository at the primary over HTTP, asked in the name of one login by requests of the node's own making.</summary>
public sealed class HttpRepository
{
    /// <summary>Some servers answer Git's protocol only to a client that calls itself git.</summary>
    private const string UserAgent = "git/2.40 (waystation)";

    private readonly HttpOrigin _origin;
    private readonly RepositoryName _repository;
    private readonly string _target;
    private readonly string? _authorization;
    private readonly UpstreamFactory _upstreams;
    private readonly TimeProvider _time;

    internal HttpRepository(
        HttpOrigin origin,
        RepositoryName repository,
        string path,
        string? authorization,
        Credential credential,
        HttpRepositories services
    )
    {
        _origin = origin;
        _repository = repository;
        _target = "/" + path;
        _authorization = authorization;
        Credential = credential;
        (_upstreams, _time) = (services.Upstreams, services.Time);
    }

    /// <summary>The same credential as that of an HTTP client whose only identifying field is this login.</summary>
    public Credential Credential { get; }

    /// <summary>The URL of LFS, for a client that goes there with its own login.</summary>
    public Uri LfsUrl => _origin.LfsUrlOf(_target[1..]);

    /// <summary>The primary, for one request of a client.</summary>
    /// <param name="gitProtocol">The client's <c>GIT_PROTOCOL</c>, such as <c>version=2</c>; null for none.</param>
    /// <param name="body">The body of its request; empty if only the node asks.</param>
    public IPrimary Asking(string? gitProtocol, ReadOnlyMemory<byte> body) => For("git-upload-pack", gitProtocol, body);

    /// <summary>The advertisement for a push, with HTTP's service line before it.</summary>
    public Task<PrimaryReply> ReceivePackRefsAsync(CancellationToken cancellationToken) =>
        For("git-receive-pack", gitProtocol: null, default)
            .SendAsync("receive-pack", HttpMethod.Get, $"{_target}/info/refs?service=git-receive-pack", content: null, cancellationToken);

    /// <summary>Sends a push, whose body streams.</summary>
    public Task<PrimaryReply> ReceivePackAsync(Stream body, CancellationToken cancellationToken)
    {
        var content = new StreamContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-git-receive-pack-request");
        return For("git-receive-pack", gitProtocol: null, default)
            .SendAsync("receive-pack", HttpMethod.Post, $"{_target}/git-receive-pack", content, cancellationToken);
    }

    /// <summary>One line for the user about a reply that is no Git response.</summary>
    public string Explain(PrimaryReply reply) =>
        reply is not HttpPrimaryReply { Response: var response }
            ? "the primary sent no response"
            : response.StatusCode switch
            {
                HttpStatusCode.Unauthorized => "the primary does not accept the login that belongs to your key",
                HttpStatusCode.Forbidden => "the primary does not allow you to do this",
                HttpStatusCode.NotFound => "the primary has no such repository, or none that you may see",
                HttpStatusCode.OK => "the primary did not answer as a Git server does",
                HttpStatusCode.TooManyRequests when RetryAfter.WaitOf(response, _time) is { } wait =>
                    $"the primary answers 429; try again in {TroubleText.Seconds(wait)} s",
                var status => $"the primary answered {(int)status} {response.ReasonPhrase}",
            };

    private HttpPrimary For(string service, string? gitProtocol, ReadOnlyMemory<byte> body)
    {
        List<KeyValuePair<string, StringValues>> headers =
        [
            new("User-Agent", UserAgent),
            new("Accept", "*/*"),
            new("Content-Type", $"application/x-{service}-request"),
        ];
        if (_authorization is not null)
        {
            headers.Add(new("Authorization", _authorization));
        }

        if (gitProtocol is not null)
        {
            headers.Add(new("Git-Protocol", gitProtocol));
        }

        var asker = new HttpAsker(
            _origin,
            _repository,
            Credential,
            body.IsEmpty ? $"{_target}/info/refs?service={service}" : $"{_target}/{service}",
            $"{_target}/{service}",
            $"{_target}/info/refs?service={service}",
            headers
        );
        return _upstreams.Open(asker, body);
    }
}
