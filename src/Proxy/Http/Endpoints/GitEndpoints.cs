using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.Primaries;
using Waystation.Primaries.Http.Connections;
using Waystation.Proxy.Hooks;
using Waystation.Proxy.Http.Forwarding;
using Waystation.Proxy.Http.Headers;
using Waystation.Proxy.Http.Requests;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>The front end for clients over HTTP: decides which way through the node a request takes.</summary>
internal sealed class GitEndpoints(
    PrimaryMap primaries,
    ClientIdentity identity,
    InfoRefsEndpoint infoRefs,
    UploadPackEndpoint uploadPack,
    ReceivePackEndpoint receivePack,
    UnreadForwarder unread,
    LfsBatchEndpoint lfsBatch,
    LfsObjectEndpoint lfsObjects,
    LfsUploadEndpoint lfsUploads,
    SnapshotEndpoint snapshots,
    HookEndpoint hooks,
    FarmEndpoint farm,
    LoopGuard loops,
    ClientAdmission admission,
    PassThrough passThrough,
    FetchMeters meters,
    ILogger<GitEndpoints> logger
)
{
    public async Task HandleAsync(HttpContext context)
    {
        meters.Opened();
        ConnectionField.Restore(context.Request);
        using Activity? span = Spans
            .BeginRequest("http", context.Request.Headers.TraceParent)
            ?.SetTag("http.request.method", context.Request.Method);
        try
        {
            await RouteAsync(context, span);
        }
        catch (Exception e) when (IsOfAbsence(e, context.RequestAborted))
        {
            // The client has left, and its token has ended all work for it.
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            context.Response.StatusCode = e.StatusCode;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            logger.RequestFailed(context.Request.Method, context.Request.Path, e);
            if (context.Response.HasStarted)
            {
                context.Abort();
            }
            else
            {
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            }
        }
        finally
        {
            span?.SetTag("http.response.status_code", context.Response.StatusCode);
            meters.Closed();
        }
    }

    /// <summary>Answers a request for a name that no primary has.</summary>
    public static Task MisdirectAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
        return context.Response.WriteAsync(
            $"waystation: this node has no primary with the name {context.Request.Host.Host}\n",
            context.RequestAborted
        );
    }

    private async Task RouteAsync(HttpContext context, Activity? span)
    {
        if (!GitRequest.HasPlainTarget(context))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        if (!BodyFraming.IsPlain(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            if (HttpProtocol.IsHttp11(context.Request.Protocol))
            {
                context.Response.Headers.Connection = "close";
            }

            return;
        }

        if (
            HttpMethods.IsConnect(context.Request.Method)
            && context.Features.Get<IHttpExtendedConnectFeature>() is not { IsExtendedConnect: true }
        )
        {
            // The node is no way to other places.
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }

        if (LfsObjectEndpoint.IsUnder(context.Request.Path))
        {
            await lfsObjects.HandleAsync(context);
            return;
        }

        if (context.Request.Path.StartsWithSegments(FarmEndpoint.Prefix, StringComparison.Ordinal))
        {
            await farm.HandleAsync(context);
            return;
        }

        bool isOfSnapshot = GitRequest.IsOfSnapshot(context);
        if (!isOfSnapshot && context.Request.Path.StartsWithSegments(HookEndpoint.Prefix, StringComparison.Ordinal))
        {
            await hooks.HandleAsync(context);
            return;
        }

        if (primaries.Find(context.Request.Host.Host) is not { } primary)
        {
            await MisdirectAsync(context);
            return;
        }

        if (LoopGuard.IsLoop(context.Request))
        {
            await loops.RefuseAsync(context, primary);
            return;
        }

        if (await admission.TryRefuseAsync(context, primary))
        {
            return;
        }

        if (ConnectionLogin.TryTurnAway(context))
        {
            return;
        }

        GitRequest git = GitRequest.From(context);
        span?.SetTag("service", git.Service.ToString());
        if (!RequestTarget.IsWellFormed(git.Target))
        {
            // HTTP/2 can carry a target that a request line cannot. The node does not find out how a primary behind HTTP/1.1 would read it.
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        if (ConnectionLogin.Find(context, primary) is { } bound)
        {
            if (git.Service == GitService.Snapshot)
            {
                await SnapshotEndpoint.TellAsync(context, git.RepositoryPath, SnapshotRefusal.ConnectionLogin);
                return;
            }

            string? status = git.Service is GitService.InfoRefs or GitService.UploadPack
                ? CacheStatus.Bypass(ForwardReason.ConnectionLogin)
                : null;
            await passThrough.SendAsync(context, primary, git, bound, status);
            return;
        }

        if (git.Service == GitService.Other && await lfsUploads.TryHandleAsync(context, primary, git))
        {
            return;
        }

        if (git.Service == GitService.Other || (git.Service == GitService.LfsBatch && !IsServed(primary, git)))
        {
            await passThrough.SendAsync(context, primary, git, primary.Http.Invoker);
            return;
        }

        Credential credential = identity.Identify(context.Request, git, primary);
        if (await admission.TryRefuseAsync(context, credential))
        {
            return;
        }

        if (primary.NameOf(git.RepositoryPath) is not { } name)
        {
            // Only the primary decides which repository that is, and whether it is one.
            var unnamed = new ClientRequest(context, primary, git, new RepositoryName(primary.Authority, git.RepositoryPath), credential);
            await (
                git.Service == GitService.Snapshot
                    ? snapshots.HandleAsync(unnamed, SnapshotRefusal.Malformed)
                    : unread.ForwardAsync(unnamed, ForwardReason.Malformed)
            );
            return;
        }

        span?.SetTag("repository", name.ToString());
        var request = new ClientRequest(context, primary, git, name, credential);

        bool isSelected = primary.Selects(git.RepositoryPath);
        if (git.Service == GitService.LfsBatch)
        {
            await lfsBatch.HandleAsync(request);
            return;
        }

        if (git.Service == GitService.Snapshot)
        {
            await snapshots.HandleAsync(request, isSelected ? null : SnapshotRefusal.NotSelected);
            return;
        }

        if (isSelected && ReceivePackEndpoint.IsPush(context.Request, git))
        {
            await receivePack.HandleAsync(request);
            return;
        }

        if (git.Service == GitService.ReceivePack || !isSelected)
        {
            await unread.ForwardAsync(request, ForwardReason.NotSelected);
            return;
        }

        await (git.Service == GitService.InfoRefs ? infoRefs.HandleAsync(request) : uploadPack.HandleAsync(request));
    }

    private static bool IsServed(Primary primary, GitRequest git) =>
        primary.NameOf(git.RepositoryPath) is not null && primary.Selects(git.RepositoryPath);

    /// <summary>A writer learns of a broken connection, sometimes a moment before the request counts as aborted.</summary>
    private static bool IsOfAbsence(Exception e, CancellationToken aborted) =>
        e is OperationCanceledException or IOException
        && (aborted.IsCancellationRequested || (e is OperationCanceledException { CancellationToken: var cause } && cause == aborted));
}
