using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Waystation.TestKit.Servers;

/// <summary>Takes what nodes export by OTLP, over gRPC or as protobuf over HTTP, and keeps it.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    /// <summary>A gRPC message begins with a flag and its length (grpc doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message").</summary>
    private const int GrpcHead = 5;

    private readonly WebApplication _server;
    private readonly ConcurrentQueue<OtlpMessage> _messages = new();
    private readonly Action<OtlpMessage> _take;

    private OtlpReceiver(bool isGrpc, Action<OtlpMessage>? take)
    {
        _take = take ?? _messages.Enqueue;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, door => door.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1)
        );
        _server = builder.Build();
        _server.Run(context => TakeAsync(context, isGrpc));
    }

    /// <summary>Starts a receiver.</summary>
    /// <param name="isGrpc">Whether it speaks gRPC.</param>
    /// <param name="take">Takes each message; null keeps them in <see cref="Messages"/>.</param>
    public static async Task<OtlpReceiver> StartAsync(bool isGrpc, Action<OtlpMessage>? take = null)
    {
        var receiver = new OtlpReceiver(isGrpc, take);
        await receiver._server.StartAsync();
        return receiver;
    }

    public string Url => _server.Urls.Single();

    /// <summary>What came so far.</summary>
    public IReadOnlyCollection<OtlpMessage> Messages => _messages;

    /// <summary>The spans that came so far.</summary>
    public IReadOnlyList<OtlpSpan> Spans =>
        [
            .. _messages
                .Where(static one => one.Path.Contains("race", StringComparison.Ordinal))
                .SelectMany(static one => OtlpSpan.AllIn(one.Body)),
        ];

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task TakeAsync(HttpContext context, bool isGrpc)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        byte[] message = body.ToArray();
        _take(
            new OtlpMessage(context.Request.Path, context.Request.Headers["X-Tenant"].ToString(), isGrpc ? message[GrpcHead..] : message)
        );
        context.Response.ContentType = isGrpc ? "application/grpc" : "application/x-protobuf";
        if (isGrpc)
        {
            await context.Response.Body.WriteAsync(new byte[GrpcHead]);
            context.Response.AppendTrailer("grpc-status", "0");
        }
    }
}
