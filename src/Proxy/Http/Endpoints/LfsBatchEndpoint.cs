using System.Buffers;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Lfs;
using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Lfs;
using Waystation.Primaries.Gate;
using Waystation.Primaries.Http;
using Waystation.Primaries.Http.Responses;
using Waystation.Primaries.Lfs;
using Waystation.Proxy.Http.Forwarding;
using Waystation.Proxy.Http.Headers;
using Waystation.Proxy.Http.Requests;
using Waystation.Proxy.Http.Streams;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>
/// The batch API of LFS (<c>POST …/objects/batch</c>): the primary answers it with the client's credential, and so decides who may have
/// which object. The node changes the URLs in the answer.
/// <code>
///   download                              a signed URL of the node
///   upload, verify on the primary itself  the name by which the client called the node
///   everything else                       as the primary said
/// </code>
/// </summary>
internal sealed class LfsBatchEndpoint(
    LfsService lfs,
    LfsStorage storage,
    LfsUploads uploads,
    UploadPackReader bodies,
    RequestMemory memory,
    PassThrough passThrough,
    ChallengeReplay challenges,
    AccessTickets tickets,
    FetchMeters meters,
    TimeProvider time
)
{
    public async Task HandleAsync(ClientRequest request)
    {
        HttpContext context = request.Context;
        using FetchBody? body = await bodies.ReadAsync(context);
        if (body is null)
        {
            return;
        }

        if (!body.IsWhole || !lfs.IsOn)
        {
            context.Request.Body = body.ToStream(context.Request.BodyReader);
            await passThrough.SendAsync(context, request.Primary, request.Git, request.Primary.Http.Invoker);
            return;
        }

        request = request with { Repository = RepositoryOf(request) };
        HttpAsker asker = request.Asker();
        long askedAt = tickets.Now;
        try
        {
            using HttpResponseMessage response = await AskAsync(request, asker, body.Raw);
            await AnswerAsync(request, asker, response, askedAt);
        }
        catch (PrimaryException e) when (!context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted)
        {
            await AnswerInOutageAsync(request, body.Raw, e);
        }
    }

    /// <summary>
    /// git-lfs appends <c>.git</c> to the URL of a remote that lacks it. The repository is then the one that the client fetches from.
    /// </summary>
    private RepositoryName RepositoryOf(ClientRequest request)
    {
        RepositoryName named = request.Repository;
        if (!named.Path.EndsWith(".git", StringComparison.Ordinal) || tickets.Remembers(named, request.Credential))
        {
            return named;
        }

        RepositoryName shorter = named with { Path = named.Path[..^4] };
        return RepositoryPath.IsWellFormed(shorter.Path) && tickets.Remembers(shorter, request.Credential) ? shorter : named;
    }

    private async Task<HttpResponseMessage> AskAsync(ClientRequest request, HttpAsker asker, ReadOnlyMemory<byte> body)
    {
        var read = new UpstreamRead(
            request.Repository,
            request.Credential,
            AsksForRefs: false,
            ClientHeaders.NameOf(request.Context.Request)
        )
        {
            WasAccepted = () => tickets.Remembers(request.Repository, request.Credential),
        };
        return await request.Primary.Http.Gate.SendAsync(
            read,
            () =>
            {
                meters.Upstream("lfs-batch");
                return LfsBatchCall.NewRequest(asker, body);
            },
            request.Context.RequestAborted
        );
    }

    private async Task AnswerAsync(ClientRequest request, HttpAsker asker, HttpResponseMessage response, long askedAt)
    {
        HttpContext context = request.Context;
        NoteRefusal(request, response);
        await using Stream stream = await response.Content.ReadAsStreamAsync(context.RequestAborted);
        if (!LfsBatchCall.IsAnswer(response))
        {
            await RelayAsync(request, response, default, stream);
            return;
        }

        using MemoryShare share = memory.Open();
        (ReadOnlyMemory<byte> json, bool isWhole) = await LfsBatchCall.ReadAsync(stream, share, context.RequestAborted);
        using LfsBatchResponse? batch = isWhole ? LfsBatchResponse.TryParse(json) : null;
        LfsLogin login = LoginOf(asker);
        LfsBatchChange?[] changes = [.. batch?.Objects.Select(one => one is null ? null : ChangeOf(request, login, one, askedAt)) ?? []];
        if (batch is null || Array.TrueForAll(changes, static change => change is null))
        {
            await RelayAsync(request, response, json, stream);
            return;
        }

        var written = new ArrayBufferWriter<byte>(json.Length);
        batch.Write(written, changes);
        var head = AnswerHead.Of(response);
        head = head with { Fields = [.. head.Fields.Where(static field => !IsOfBody(field.Key))] };
        head.Write(context, request.Primary, cacheStatus: null);
        context.Response.ContentLength = written.WrittenCount;
        await context.Response.Body.WriteAsync(written.WrittenMemory, context.RequestAborted);
    }

    /// <summary>Passes an answer on as it came.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="response">The primary's answer.</param>
    /// <param name="beginning">The part of its body that was read.</param>
    /// <param name="rest">The rest of its body.</param>
    private static async Task RelayAsync(ClientRequest request, HttpResponseMessage response, ReadOnlyMemory<byte> beginning, Stream rest)
    {
        HttpContext context = request.Context;
        AnswerHead.Of(response).Write(context, request.Primary, cacheStatus: null);
        await context.Response.Body.WriteAsync(beginning, context.RequestAborted);
        await rest.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    /// <summary>It lives as long as the permission. So it holds on to nothing of the request but what it needs.</summary>
    private LfsLogin LoginOf(HttpAsker asker)
    {
        (RepositoryName repository, Credential credential) = (asker.Repository, asker.Credential);
        return new LfsLogin(LfsFields.LoginOf(asker.Headers), () => tickets.RefuseLfs(repository, credential));
    }

    private LfsBatchChange? ChangeOf(ClientRequest request, LfsLogin login, LfsBatchObject one, long askedAt)
    {
        LfsUrl? download = one.Download is { } action ? TakeDownload(request, login, one, action, askedAt) : null;
        if (one.Upload is { } put)
        {
            uploads.Expect(request, one.Object, put.Href, one.Verify?.Href);
        }

        string? upload = Renamed(request, one.Upload);
        string? verify = Renamed(request, one.Verify);
        return download is null && upload is null && verify is null
            ? null
            : new LfsBatchChange
            {
                DownloadHref = download is null ? null : ClientHeaders.NameOf(request.Context.Request) + download.Target,
                DownloadExpiresIn = download?.ExpiresIn ?? default,
                DownloadExpiresAt = download?.ExpiresAt ?? default,
                UploadHref = upload,
                VerifyHref = verify,
            };
    }

    private LfsUrl? TakeDownload(ClientRequest request, LfsLogin login, LfsBatchObject one, LfsAction action, long askedAt)
    {
        bool hasLogin = one.IsAuthenticated || action.Header.Any(static field => Is(field.Key, "Authorization"));
        login = login with { Fields = hasLogin ? [] : login.Fields, IsInAction = LfsLogin.IsRepeatedIn(action, login.Fields) };
        if (storage.SourceOf(request.Primary.Http, action, login) is not { } source)
        {
            return null;
        }

        return lfs.Grant(
            new LfsGrant(request.Repository, request.Credential, one.Object, askedAt)
            {
                Source = source,
                SourceLifetime = action.LifetimeFrom(time.GetUtcNow()) ?? TimeSpan.MaxValue,
            }
        );
    }

    /// <summary>The URL of an action under the client's name for the node; null if it stays.</summary>
    private static string? Renamed(ClientRequest request, LfsAction? action) =>
        action is not null
        && OwnLocation.Rename(action.Href, request.Primary, request.Context.Request) is var renamed
        && renamed != action.Href
            ? renamed
            : null;

    /// <summary>
    /// A refusal of the batch API ends the URLs of this credential. Whether the credential may fetch is another question: a primary without
    /// LFS has no batch API, so only the ticket ends, and the next fetch asks.
    /// </summary>
    private void NoteRefusal(ClientRequest request, HttpResponseMessage response)
    {
        if (HttpPrimaryReply.IsRefused(response))
        {
            tickets.RefuseLfs(request.Repository, request.Credential);
        }
    }

    private async Task AnswerInOutageAsync(ClientRequest request, ReadOnlyMemory<byte> body, PrimaryException failure)
    {
        HttpContext context = request.Context;
        bool isOut = failure is PrimaryOutageException;
        if (isOut && LfsBatchRequest.TryParse(body) is { IsDownload: true } asked)
        {
            List<(LfsObject Object, LfsUrl? Url)> found = [];
            foreach (LfsObject one in asked.Objects)
            {
                found.Add((one, await lfs.GrantRecordedAsync(request.Repository, request.Credential, one, context.RequestAborted)));
            }

            if (found.Exists(static one => one.Url is not null))
            {
                await TellRecordedAsync(request, found, TroubleText.Of(request.Primary.Authority, failure));
                return;
            }
        }

        if (!isOut || !await challenges.TryTellAsync(request))
        {
            await LfsMessage.TellAsync(context, request.Primary.Authority, failure);
        }
    }

    private async Task TellRecordedAsync(ClientRequest request, List<(LfsObject Object, LfsUrl? Url)> found, string trouble)
    {
        HttpContext context = request.Context;
        var written = new ArrayBufferWriter<byte>();
        string name = ClientHeaders.NameOf(context.Request);
        LfsBatchAnswer.Write(
            written,
            found.Select(one => (one.Object, one.Url is null ? null : name + one.Url.Target)),
            found.First(static one => one.Url is not null).Url!.ExpiresIn,
            trouble
        );
        AnswerHead.Own(LfsBatchAnswer.MediaType).Write(context, request.Primary, CacheStatus.Stale);
        meters.AnsweredStale("lfs");
        context.Response.ContentLength = written.WrittenCount;
        await context.Response.Body.WriteAsync(written.WrittenMemory, context.RequestAborted);
    }

    private static bool IsOfBody(string name) =>
        Is(name, "Content-Length") || Is(name, "ETag") || Is(name, "Content-MD5") || Is(name, "Digest") || Is(name, "Content-Digest");

    private static bool Is(string name, string other) => string.Equals(name, other, StringComparison.OrdinalIgnoreCase);
}
