using Waystation.CacheStore.Lfs;
using Waystation.GitProtocol.Lfs;
using Waystation.Primaries;
using Waystation.Proxy.Http.Forwarding;
using Waystation.Proxy.Http.Requests;
using Waystation.Proxy.Http.Streams;
using Yarp.ReverseProxy.Forwarder;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>
/// Uploads of LFS objects to the primary's own host, and their verifications: forwarded unchanged. The object is copied as it passes, and
/// counts once the primary has accepted it.
/// </summary>
internal sealed class LfsUploadEndpoint(LfsUploads uploads, UploadPackReader bodies, PassThrough passThrough)
{
    /// <summary>Forwards the request if it is such an upload or verification; false if it is neither.</summary>
    public async Task<bool> TryHandleAsync(HttpContext context, Primary primary, GitRequest git)
    {
        if (uploads.IsUpload(context.Request, primary, git, out LfsUploads.Expected? expected))
        {
            await UploadAsync(context, primary, git, expected);
            return true;
        }

        if (uploads.IsVerification(context.Request, primary, git))
        {
            await VerifyAsync(context, primary, git);
            return true;
        }

        return false;
    }

    private async Task UploadAsync(HttpContext context, Primary primary, GitRequest git, LfsUploads.Expected expected)
    {
        LfsUpload? copy = uploads.Begin(expected);
        try
        {
            context.Request.Body = new CopiedStream(context.Request.Body, copy);
            bool isAccepted = false;
            ForwarderError error = await passThrough.SendAsync(
                context,
                primary,
                git,
                primary.Http.Invoker,
                cacheStatus: null,
                response => isAccepted = response.IsSuccessStatusCode
            );
            if (error == ForwarderError.None && isAccepted)
            {
                (LfsUpload whole, copy) = (copy, null);
                await uploads.AcceptAsync(expected, whole);
            }
        }
        finally
        {
            copy?.Dispose();
        }
    }

    private async Task VerifyAsync(HttpContext context, Primary primary, GitRequest git)
    {
        using FetchBody? body = await bodies.ReadAsync(context);
        if (body is null)
        {
            return;
        }

        LfsObject? verified = body.IsWhole ? LfsVerification.TryParse(body.Raw) : null;
        context.Request.Body = body.ToStream(context.Request.BodyReader);
        await passThrough.SendAsync(
            context,
            primary,
            git,
            primary.Http.Invoker,
            cacheStatus: null,
            response =>
            {
                if (response.IsSuccessStatusCode && verified is { } one)
                {
                    uploads.Verified(primary, git, one);
                }
            }
        );
    }
}
