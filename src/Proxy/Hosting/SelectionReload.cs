using Microsoft.Extensions.Primitives;
using Waystation.Primaries;
using Waystation.Proxy.Connections.Certificates;
using Waystation.Proxy.Options;
using Waystation.Proxy.Options.Reading;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Hosting;

/// <summary>
/// The selection of projects and the list of certificates follow the settings file while the node runs. A file with any wrong
/// setting changes nothing, and the log names the setting.
/// </summary>
internal sealed class SelectionReload(
    IConfiguration configuration,
    PrimaryMap primaries,
    ServerCertificates certificates,
    ILogger<SelectionReload> logger
) : IHostedService, IDisposable
{
    private IDisposable? _watch;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _watch = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _watch?.Dispose();

    private void Reload()
    {
        try
        {
            NodeOptions options = OptionsReader.Read(configuration);
            primaries.Reselect(options.Primaries);
            certificates.Use(options.Tls);
            logger.SettingsReloaded();
        }
        catch (SettingsException e)
        {
            logger.SettingsNotReloaded(string.Join("; ", e.Problems));
        }
    }
}
