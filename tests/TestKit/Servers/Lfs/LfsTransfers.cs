using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Waystation.TestKit.Servers.Lfs;

/// <summary>Downloads and uploads of objects (Basic Transfer API), with the faults that a test orders.</summary>
internal sealed class LfsTransfers(LfsPrimary primary, LfsGrants grants)
{
    private const int Piece = 64 * 1024;

    /// <summary>GET or HEAD of an object.</summary>
    public async Task SendAsync(HttpContext context, LfsRequest request, LfsFault fault)
    {
        LfsBehaviour behaviour = primary.Behaviour;
        if (!request.IsAtStorage && (behaviour.Place == LfsPlace.Redirect || behaviour.RedirectTo is not null))
        {
            Redirect(context, request, behaviour);
            return;
        }

        if (primary.Objects.Find(request.Repository, request.Oid) is not { } content)
        {
            await LfsAnswers.ErrorAsync(context, 404, "Object does not exist");
            return;
        }

        (long start, long length) = Slice(context, content, behaviour.AnswersRanges);
        context.Response.ContentType = "application/octet-stream";
        context.Response.Headers.AcceptRanges = behaviour.AnswersRanges ? "bytes" : "none";
        if (context.Response.StatusCode == 416)
        {
            return;
        }

        bool hasLength = fault.Kind is not (LfsFaultKind.TooShort or LfsFaultKind.TooLong);
        context.Response.ContentLength = hasLength ? length : null;
        request.Status = context.Response.StatusCode;
        if (request.Kind == LfsRequestKind.Get)
        {
            await SendAsync(context, request, content, start, length, fault);
        }
    }

    /// <summary>PUT of an object.</summary>
    public async Task ReceiveAsync(HttpContext context, LfsRequest request, LfsFault fault)
    {
        bool isSound = await primary.Objects.ReceiveAsync(
            request.Repository,
            request.Oid,
            primary.Behaviour.Verifies,
            context.Request.Body,
            async read =>
            {
                request.Count(read);
                if (request.Bytes < fault.AfterBytes)
                {
                    return;
                }

                if (fault.Kind == LfsFaultKind.Break)
                {
                    context.Abort();
                    throw new IOException("the upload is cut off on command");
                }

                if (fault.Kind == LfsFaultKind.Stall)
                {
                    await fault.Until().WaitAsync(context.RequestAborted);
                }
            }
        );
        if (!isSound)
        {
            await LfsAnswers.ErrorAsync(context, 422, "The content is not that of this object id");
        }
    }

    private void Redirect(HttpContext context, LfsRequest request, LfsBehaviour behaviour)
    {
        string token = grants.Issue(request.Repository, request.Oid, behaviour.ExpiresIn);
        Uri target = LfsBatch.Href(primary.StorageUrl, request.Repository, "objects/" + request.Oid);
        context.Response.Redirect(behaviour.RedirectTo?.AbsoluteUri ?? $"{target.AbsoluteUri}?{LfsGrants.Query}={token}");
    }

    /// <summary>The part of the object that is asked for; sets the status.</summary>
    private static (long Start, long Length) Slice(HttpContext context, LfsContent content, bool answersRanges)
    {
        string? range = answersRanges ? (string?)context.Request.Headers.Range : null;
        if (range is null || !range.StartsWith("bytes=", StringComparison.Ordinal))
        {
            return (0, content.Size);
        }

        string[] bounds = range["bytes=".Length..].Split('-');
        long? first = bounds[0].Length > 0 ? long.Parse(bounds[0], CultureInfo.InvariantCulture) : null;
        long? last = bounds[1].Length > 0 ? long.Parse(bounds[1], CultureInfo.InvariantCulture) : null;
        long start = first ?? content.Size - last!.Value;
        long end = first is null ? content.Size : Math.Min((last ?? long.MaxValue - 1) + 1, content.Size);
        if (start < 0 || start >= end)
        {
            context.Response.StatusCode = 416;
            context.Response.Headers.ContentRange = $"bytes */{content.Size}";
            return (0, 0);
        }

        context.Response.StatusCode = 206;
        context.Response.Headers.ContentRange = $"bytes {start}-{end - 1}/{content.Size}";
        return (start, end - start);
    }

    private static async Task SendAsync(
        HttpContext context,
        LfsRequest request,
        LfsContent content,
        long start,
        long length,
        LfsFault fault
    )
    {
        byte[] buffer = new byte[Piece];
        for (long sent = 0; sent < length; )
        {
            long next = sent < fault.AfterBytes ? Math.Min(fault.AfterBytes, length) : length;
            int read = content.Read(start + sent, buffer.AsSpan(0, (int)Math.Min(Piece, next - sent)));
            if (sent == Math.Min(fault.AfterBytes, length - 1))
            {
                switch (fault.Kind)
                {
                    case LfsFaultKind.TooShort:
                        return;
                    case LfsFaultKind.Break:
                        await context.Response.Body.FlushAsync(context.RequestAborted);
                        context.Abort();
                        return;
                    case LfsFaultKind.Stall:
                        await context.Response.Body.FlushAsync(context.RequestAborted);
                        await fault.Until().WaitAsync(context.RequestAborted);
                        break;
                    case LfsFaultKind.WrongBytes:
                        buffer[0] ^= 1;
                        break;
                }
            }

            if (fault.Kind == LfsFaultKind.Slow)
            {
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await fault.Until().WaitAsync(context.RequestAborted);
            }

            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            sent += read;
            request.Count(read);
        }

        if (fault.Kind == LfsFaultKind.TooLong)
        {
            await context.Response.Body.WriteAsync(new byte[Piece], context.RequestAborted);
        }
    }
}
