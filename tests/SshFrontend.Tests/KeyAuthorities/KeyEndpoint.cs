using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Waystation.SshFrontend.Tests.KeyAuthorities;

/// <summary>A web server on loopback that answers as a test says.</summary>
internal sealed class KeyEndpoint : IAsyncDisposable
{
    private readonly WebApplication _server;

    private KeyEndpoint(WebApplication server) => _server = server;

    public Uri Url =>
        new(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/keys?for=node");

    public static async Task<KeyEndpoint> StartAsync(RequestDelegate answer, X509Certificate2? certificate = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(
                System.Net.IPAddress.Loopback,
                0,
                listen =>
                {
                    if (certificate is not null)
                    {
                        listen.UseHttps(certificate);
                    }
                }
            )
        );
        WebApplication server = builder.Build();
        server.Run(answer);
        await server.StartAsync();
        return new KeyEndpoint(server);
    }

    public async ValueTask DisposeAsync()
    {
        // Requests that still wait are not waited for.
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _server.StopAsync(now.Token);
        await _server.DisposeAsync();
    }
}
