using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Waystation.Proxy.Tests.Servers;

/// <summary>A primary in this process that follows a test's script, and remembers its requests.</summary>
public sealed class ScriptedPrimary : IAsyncDisposable
{
    private static readonly RequestDelegate s_silent = context => Task.CompletedTask;

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<SeenRequest> _requests = new();
    private readonly ConcurrentDictionary<string, bool> _open = new();
    private RequestDelegate _handler = s_silent;

    private ScriptedPrimary(X509Certificate2? certificate, bool asksForCertificate)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder
            .WebHost.UseKestrelCore()
            .UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = null;
                kestrel.Limits.MinRequestBodyDataRate = null;
                kestrel.Limits.MaxRequestHeadersTotalSize = 512 * 1024;
                kestrel.RequestHeaderEncodingSelector = static _ => System.Text.Encoding.Latin1;
                kestrel.ResponseHeaderEncodingSelector = static _ => System.Text.Encoding.Latin1;
                kestrel.Listen(
                    IPAddress.Loopback,
                    0,
                    listen =>
                    {
                        listen.Protocols = HttpProtocols.Http1;
                        listen.Use(next =>
                            async connection =>
                            {
                                _open[connection.ConnectionId] = true;
                                await next(connection);
                                _open.TryRemove(connection.ConnectionId, out _);
                            }
                        );
                        if (certificate is not null)
                        {
                            listen.UseHttps(https =>
                            {
                                https.ServerCertificateSelector = (_, name) =>
                                {
                                    ServerName = name;
                                    return certificate;
                                };
                                if (asksForCertificate)
                                {
                                    https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                                    https.AllowAnyClientCertificate();
                                }
                            });
                        }

                        Endpoint = listen;
                    }
                );
            });
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Run(context =>
        {
            _requests.Enqueue(SeenRequest.From(context));
            return _handler(context);
        });
    }

    public int Port { get; private set; }

    public Uri Url => new($"http://127.0.0.1:{Port}/");

    public string Authority => $"127.0.0.1:{Port}";

    /// <summary>The name that the last TLS client asked for.</summary>
    public string? ServerName { get; private set; }

    public IReadOnlyList<SeenRequest> Requests => [.. _requests];

    /// <summary>The last request.</summary>
    public SeenRequest Request => _requests.Last();

    /// <summary>The connections that are open now.</summary>
    public IEnumerable<string> OpenConnections => _open.Keys;

    private ListenOptions? Endpoint { get; set; }

    public static async Task<ScriptedPrimary> StartAsync(
        RequestDelegate? handler = null,
        X509Certificate2? certificate = null,
        bool asksForCertificate = false
    )
    {
        var primary = new ScriptedPrimary(certificate, asksForCertificate);
        primary._handler = handler ?? s_silent;
        await primary._app.StartAsync();
        primary.Port = primary.Endpoint!.IPEndPoint!.Port;
        return primary;
    }

    /// <summary>Follows this script from now on, and forgets earlier requests.</summary>
    public void Answer(RequestDelegate handler)
    {
        _handler = handler;
        _requests.Clear();
    }

    /// <summary>From now on answers every request with this text.</summary>
    public void AnswerText(string text) => Answer(context => context.Response.WriteAsync(text));

    /// <summary>Breaks a connection as a server that dies does.</summary>
    public static void Reset(HttpContext context) =>
        context.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket.Close(timeout: 0);

    /// <summary>Ends a connection in good order, but without an answer.</summary>
    public static void Close(HttpContext context) =>
        context.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket.Shutdown(SocketShutdown.Both);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
