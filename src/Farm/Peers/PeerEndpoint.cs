using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Waystation.Farm.Nodes;
using Waystation.Farm.Peers.Frames;
using Waystation.Farm.Secrets;

namespace Waystation.Farm.Peers;

/// <summary>
/// The requests of other nodes. Whatever does not prove that it comes from a member of the farm, that it was made for this operation at
/// this start of this node, and that it is new, gets the answer of a page that does not exist.
/// </summary>
internal sealed class PeerEndpoint(
    FarmSecrets secrets,
    IFarmNodes nodes,
    IEnumerable<IPeerOperation> operations,
    TimeProvider time,
    ILogger<PeerEndpoint> logger
) : IFarmEndpoint
{
    /// <summary>A node that asks sends its request without pause, or shows that it is alive every second.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly ReplayGuard _replays = new(time);

    /// <inheritdoc />
    public async Task HandleAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        (IPeerOperation? operation, PeerHello? hello, FarmNode? from, string reason) = Judge(context.Request);
        if (operation is null || hello is null || from is null)
        {
            logger.StrangerRefused(context.Connection.RemoteIpAddress?.ToString() ?? "", reason);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        byte[] nonce = RandomNumberGenerator.GetBytes(16);
        context.Response.Headers[PeerHello.Field] = Convert.ToBase64String(nonce);
        context.Response.ContentType = "application/octet-stream";
        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await using var request = new SealedReader(context.Request.Body, FrameKey.OfRequest(hello.Session), s_patience);
        await using var response = new SealedWriter(context.Response.Body, FrameKey.OfResponse(hello.Session, nonce));
        try
        {
            await operation.RunAsync(new PeerCall(from, request, response), context.RequestAborted);
            await response.EndAsync(context.RequestAborted);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // A response without its last frame is not whole.
            context.Abort();
        }
    }

    private (IPeerOperation? Operation, PeerHello? Hello, FarmNode? From, string Reason) Judge(HttpRequest request)
    {
        string path = request.Path.Value ?? "";
        string name = path.StartsWith(PeerClient.Prefix, StringComparison.Ordinal) ? path[PeerClient.Prefix.Length..] : "";
        if (operations.FirstOrDefault(one => one.Name == name) is not { } operation || !HttpMethods.IsPost(request.Method))
        {
            return (null, null, null, "no such operation");
        }

        string field = request.Headers[PeerHello.Field].ToString();
        if (field.Length > 4096 || PeerHello.Open(secrets, field, name, nodes.Self, time) is not { } hello)
        {
            return (null, null, null, "it was not made with the farm's secret for this node, or not now");
        }

        if (nodes.Find(hello.From) is not { } from)
        {
            return (null, null, null, "it does not come from a member");
        }

        return _replays.TryTake(hello.Session) ? (operation, hello, from, "") : (null, null, null, "it was sent before");
    }
}
