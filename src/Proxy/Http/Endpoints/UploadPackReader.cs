using System.Buffers;
using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Requests;
using Waystation.Proxy.Http.Requests;
using Waystation.Proxy.Http.Streams;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>Reads the body of a <c>POST</c> to <c>git-upload-pack</c>, within bounds, and parses it.</summary>
internal sealed class UploadPackReader(RequestMemory memory, TimeProvider time)
{
    /// <summary>A request for a pack is small: a client that takes longer holds a connection for nothing.</summary>
    private static readonly TimeSpan s_bodyTimeout = TimeSpan.FromMinutes(1);

    /// <summary>The exact text: git's own server accepts no other.</summary>
    public const string RequestType = "application/x-git-upload-pack-request";

    /// <summary>Null if the client took too long and got a message.</summary>
    public async Task<FetchBody?> ReadAsync(HttpContext context)
    {
        using var slow = new CancellationTokenSource(s_bodyTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(slow.Token, context.RequestAborted);
        try
        {
            return await FetchBody.ReadAsync(context.Request.BodyReader, memory, either.Token);
        }
        catch (OperationCanceledException) when (slow.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status408RequestTimeout;
            if (HttpProtocol.IsHttp11(context.Request.Protocol))
            {
                context.Response.Headers.Connection = "close";
            }

            return null;
        }
    }

    /// <summary>The command; or null, and the reason why the request is forwarded.</summary>
    public static async Task<(ParsedCommand? Command, ForwardReason Reason)> ParseAsync(HttpRequest request, FetchBody body)
    {
        if (!body.IsWhole)
        {
            return (null, ForwardReason.TooLarge);
        }

        string coding = request.Headers.ContentEncoding.ToString();
        bool isGzip = coding is "gzip" or "x-gzip";
        if (!isGzip && coding is not ("" or "identity"))
        {
            return (null, ForwardReason.Coded);
        }

        ParsedCommand? command = null;
        ForwardReason reason = ForwardReason.Malformed;
        try
        {
            bool isRead = await body.TryParseAsync(
                isGzip,
                plain =>
                {
                    if (!isGzip || GzipMember.IsAlone(body.Raw))
                    {
                        (command, reason) = Parse(request, plain);
                    }
                    else
                    {
                        reason = ForwardReason.Coded;
                    }

                    return command is ParsedCommand.Fetch fetch ? RequestCost.Parsed(fetch.Request) : 0;
                },
                request.HttpContext.RequestAborted
            );
            return isRead ? (command, reason) : (null, isGzip ? ForwardReason.Coded : ForwardReason.TooLarge);
        }
        catch (GitProtocolException)
        {
            return (null, ForwardReason.Malformed);
        }
    }

    private static (ParsedCommand? Command, ForwardReason Reason) Parse(HttpRequest request, ReadOnlySequence<byte> bytes)
    {
        bool isV2 = CommandParser.LooksLikeV2(bytes);
        if (ClientRequest.VersionOf(request.Headers) is not { } said || isV2 != (said == 2))
        {
            // Only the primary knows how it reads this.
            return (null, ForwardReason.Malformed);
        }

        ParsedCommand command = isV2 ? CommandParser.Parse(bytes) : FetchRequestV0Parser.Parse(bytes, said);
        return (command, command is ParsedCommand.Foreign foreign ? foreign.Reason.ToForwardReason() : default);
    }
}
