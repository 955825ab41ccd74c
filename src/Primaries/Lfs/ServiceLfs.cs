using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Primitives;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Lfs;
using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Lfs;
using Waystation.Primaries.Gate;
using Waystation.Primaries.Http;
using Waystation.Primaries.Http.Connections;
using Waystation.Primaries.Ssh;

namespace Waystation.Primaries.Lfs;

/// <summary>The batch API with the service credential of each primary: over HTTP with a password or token, over SSH with a key.</summary>
/// <param name="primaries">The primaries.</param>
/// <param name="storage">Follows actions.</param>
/// <param name="ssh">Starts the ssh program.</param>
/// <param name="digester">Makes credentials.</param>
/// <param name="memory">The memory of requests.</param>
public sealed class ServiceLfs(PrimaryMap primaries, LfsStorage storage, SshClient ssh, CredentialDigester digester, RequestMemory memory)
    : ILfsPrimaries
{
    private const string UserAgent = "git-lfs/3.0 (waystation)";
    private const string BatchPath = "/objects/batch";

    /// <inheritdoc />
    public async Task<IReadOnlyList<LfsOffer>> AskAsync(
        RepositoryName repository,
        IReadOnlyList<LfsObject> objects,
        CancellationToken cancellationToken
    )
    {
        if (primaries.Of(repository) is not { Service: { } service } primary)
        {
            throw new PrimaryException("the node has no service credential for this repository");
        }

        LfsPlace place = service.PasswordFile is null
            ? await FindOverSshAsync(primary, repository, service.SshKeyFile!, cancellationToken)
            : new LfsPlace(primary.Http.LfsUrlOf(primary.HttpPathOf(repository)), [new("Authorization", ServiceLogin.HeaderOf(service))]);
        try
        {
            using HttpResponseMessage response = await SendAsync(primary, repository, place, objects, cancellationToken);
            return await ReadAsync(primary, place, response, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new PrimaryException(e.Message, e);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        Primary primary,
        RepositoryName repository,
        LfsPlace place,
        IReadOnlyList<LfsObject> objects,
        CancellationToken cancellationToken
    )
    {
        var body = new ArrayBufferWriter<byte>();
        LfsBatchAnswer.WriteRequest(body, objects);
        if (!primary.Http.IsOwn(place.Url))
        {
            return await storage.SendAsync(NewRequest(), primary.Http, cancellationToken);
        }

        Credential credential = digester.Digest(
            place.Header.Select(static field => new KeyValuePair<string, string>($"header {field.Key.ToLowerInvariant()}", field.Value))
        );
        return await primary.Http.Gate.SendAsync(
            new UpstreamRead(repository, credential, AsksForRefs: false),
            NewRequest,
            cancellationToken
        );

        HttpRequestMessage NewRequest()
        {
            storage.Meters.Upstream("lfs-batch");
            var request = new HttpRequestMessage(HttpMethod.Post, new Uri(place.Url.AbsoluteUri.TrimEnd('/') + BatchPath))
            {
                Content = new ReadOnlyMemoryContent(body.WrittenMemory),
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(LfsBatchAnswer.MediaType);
            foreach ((string name, string value) in place.Header)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            request.Headers.TryAddWithoutValidation("Accept", LfsBatchAnswer.MediaType);
            request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
            request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
            return request;
        }
    }

    private async Task<IReadOnlyList<LfsOffer>> ReadAsync(
        Primary primary,
        LfsPlace place,
        HttpResponseMessage response,
        CancellationToken cancellationToken
    )
    {
        if (!LfsBatchCall.IsAnswer(response))
        {
            throw new PrimaryException(
                string.Create(CultureInfo.InvariantCulture, $"the LFS of the primary answered {(int)response.StatusCode}")
            );
        }

        using MemoryShare share = memory.Open();
        await using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        (ReadOnlyMemory<byte> json, bool isWhole) = await LfsBatchCall.ReadAsync(stream, share, cancellationToken);
        using LfsBatchResponse batch =
            (isWhole ? LfsBatchResponse.TryParse(json) : null) ?? throw new PrimaryException("the primary's LFS sent no batch response");
        var login = new LfsLogin(
            [.. place.Header.Select(static field => new KeyValuePair<string, StringValues>(field.Key, field.Value))],
            static () => { }
        );
        return
        [
            .. batch
                .Objects.OfType<LfsBatchObject>()
                .Select(one => new LfsOffer(
                    one.Object,
                    one.Download is { } action
                        ? storage.SourceOf(primary.Http, action, one.IsAuthenticated ? login with { Fields = [] } : login)
                        : null
                )),
        ];
    }

    /// <summary>Asks <c>git-lfs-authenticate</c> for the URL of LFS. Starts an ssh process.</summary>
    private async Task<LfsPlace> FindOverSshAsync(
        Primary primary,
        RepositoryName repository,
        string keyFile,
        CancellationToken cancellationToken
    )
    {
        storage.Meters.Upstream("lfs-authenticate");
        (ReadOnlyMemory<byte> answer, SshExit exit, _) = await LfsAuthenticateCall.AskAsync(
            ssh,
            primary.Ssh!.Target,
            new SshIdentity.KeyFile(keyFile),
            new RemoteCommand(LfsAuthenticateCall.Service, primary.SshPathOf(repository), ["download"]),
            gitProtocol: null,
            error: Stream.Null,
            cancellationToken
        );
        return
            exit.Code == 0
            && LfsAuthentication.TryParse(answer) is { } action
            && Uri.TryCreate(action.Href, UriKind.Absolute, out Uri? url)
            && storage.MayAsk(url, primary.Http)
            && RequestTarget.IsWellFormed(url.PathAndQuery)
            && action.Header.All(LfsFields.MaySend)
            ? new LfsPlace(url, action.Header)
            : throw new PrimaryException($"git-lfs-authenticate gave no URL that the node may ask: {exit.Message}");
    }

    /// <summary>Where a repository has its LFS, and the header fields for it.</summary>
    private sealed record LfsPlace(Uri Url, IReadOnlyList<KeyValuePair<string, string>> Header);
}
