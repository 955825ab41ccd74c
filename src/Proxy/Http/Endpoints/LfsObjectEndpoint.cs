using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Waystation.CacheStore.Lfs;
using Waystation.FetchCore.Lfs;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.Primaries;
using Waystation.Proxy.Http.Headers;
using Waystation.Proxy.Http.Requests;
using Waystation.Proxy.Http.Streams;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>
/// <c>GET /.waystation/lfs/…</c>: one LFS object, for the bearer of a URL that the node signed
/// (git-lfs docs/api/basic-transfers.md, "Downloads").
/// </summary>
internal sealed class LfsObjectEndpoint(
    LfsService lfs,
    PrimaryMap primaries,
    ClientAdmission admission,
    FetchObserver observer,
    FetchMeters meters
)
{
    /// <summary>Whether a path is of LFS objects.</summary>
    public static bool IsUnder(PathString path) => path.Value is { } text && text.StartsWith(LfsUrls.Prefix, StringComparison.Ordinal);

    public async Task HandleAsync(HttpContext context)
    {
        long begun = observer.Now;
        bool isHead = HttpMethods.IsHead(context.Request.Method);
        if (!isHead && !HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = "GET, HEAD";
            return;
        }

        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (await lfs.FindAsync(target, context.RequestAborted) is not { } grant)
        {
            await LfsMessage.WriteAsync(context, StatusCodes.Status403Forbidden, "waystation: this URL is not valid, or not any more");
            return;
        }

        if (await admission.TryRefuseAsync(context, grant.Repository))
        {
            return;
        }

        string etag = $"\"{grant.Object.Id}\"";
        if (context.Request.Headers.IfNoneMatch is [{ } known] && (known == etag || known == "*"))
        {
            WriteHead(context, StatusCodes.Status304NotModified, etag);
            return;
        }

        if (ByteRange.Of(context.Request, etag, grant.Object.Size) is not { } range)
        {
            WriteHead(context, StatusCodes.Status416RangeNotSatisfiable, etag);
            context.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{grant.Object.Size}");
            return;
        }

        if (isHead)
        {
            await TellHeadAsync(context, grant, etag);
            return;
        }

        using ObservedFetch observed = observer.Begin(
            ClientRequest.Door,
            grant.Repository,
            grant.Credential,
            begun,
            context.RequestAborted,
            ClientHeaders.AddressOf(context)
        );
        observed.AskedLfs(new AskedLfs(grant.Object.Size, range.From, range.Count));
        await SendAsync(context, grant, range, etag, observed);
    }

    private async Task SendAsync(HttpContext context, LfsGrant grant, ByteRange range, string etag, ObservedFetch observed)
    {
        (LfsReading? reading, LfsRefusal? refusal) = await lfs.OpenAsync(grant, context.RequestAborted);
        if (reading is null)
        {
            observed.Ended(FetchEnd.Refused, refusal!.Message);
            await RefuseAsync(context, refusal);
            return;
        }

        await using (reading)
        {
            FetchOutcome outcome = reading.Served switch
            {
                LfsServed.Hit => FetchOutcome.Hit,
                LfsServed.Join => FetchOutcome.Join,
                _ => FetchOutcome.Forward,
            };
            bool isStale = outcome == FetchOutcome.Hit && primaries.Of(grant.Repository)?.Http.Health.IsOut == true;
            observed.Served(outcome, isKept: outcome != FetchOutcome.Hit, refsAge: null);
            WriteHead(context, range.IsPart ? StatusCodes.Status206PartialContent : StatusCodes.Status200OK, etag);
            HttpResponse response = context.Response;
            response.Headers[CacheStatus.Name] = isStale ? CacheStatus.Stale : CacheStatus.Of(outcome, willKeep: true);
            response.ContentLength = range.Count;
            if (range.IsPart)
            {
                response.Headers.ContentRange = string.Create(
                    CultureInfo.InvariantCulture,
                    $"bytes {range.From}-{range.From + range.Count - 1}/{grant.Object.Size}"
                );
            }

            if (isStale)
            {
                meters.AnsweredStale("lfs-object");
            }

            await response.StartAsync(context.RequestAborted);
            await CopyAsync(context, reading, range, observed);
        }
    }

    private static async Task CopyAsync(HttpContext context, LfsReading reading, ByteRange range, ObservedFetch observed)
    {
        var output = new CountingWriter(context.Response.BodyWriter, observed);
        try
        {
            await reading.CopyToAsync(output, range.From, range.Count, context.RequestAborted);
            observed.Ended(FetchEnd.Whole);
        }
        catch (Exception e) when (e is LfsBrokenException or IOException && !context.RequestAborted.IsCancellationRequested)
        {
            // What has left must not end as if it were whole.
            observed.Ended(FetchEnd.Broken, e.Message);
            context.Abort();
        }
    }

    /// <summary>Does not begin a download: the answer says only that there is something to download.</summary>
    private async Task TellHeadAsync(HttpContext context, LfsGrant grant, string etag)
    {
        if (!await lfs.CanOpenAsync(grant, context.RequestAborted))
        {
            await RefuseAsync(context, LfsRefusals.SourceIsOver);
            return;
        }

        WriteHead(context, StatusCodes.Status200OK, etag);
        context.Response.ContentLength = grant.Object.Size;
        context.Response.Headers[CacheStatus.Name] = lfs.IsStored(grant)
            ? CacheStatus.Of(FetchOutcome.Hit, willKeep: true)
            : CacheStatus.Of(FetchOutcome.Forward, willKeep: false);
    }

    private static Task RefuseAsync(HttpContext context, LfsRefusal refusal)
    {
        if (refusal.Elsewhere is { } elsewhere)
        {
            context.Response.StatusCode = StatusCodes.Status302Found;
            context.Response.Headers.Location = elsewhere.AbsoluteUri;
            context.Response.Headers.CacheControl = AnswerHead.NotKept;
            context.Response.Headers.Append("Via", AnswerHead.Via);
            return Task.CompletedTask;
        }

        if (refusal.RetryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = TroubleText.Seconds(wait);
        }

        return LfsMessage.WriteAsync(context, refusal.Status, refusal.Message);
    }

    private static void WriteHead(HttpContext context, int status, string etag)
    {
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.Headers.ETag = etag;
        response.Headers.AcceptRanges = "bytes";
        response.Headers.CacheControl = "private, no-transform";
        response.Headers.Append("Via", AnswerHead.Via);
        if (status is StatusCodes.Status200OK or StatusCodes.Status206PartialContent)
        {
            response.ContentType = "application/octet-stream";
        }
    }
}
