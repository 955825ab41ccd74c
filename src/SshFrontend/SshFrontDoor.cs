using Microsoft.Extensions.Hosting;
using Waystation.SshFrontend.Relays;
using Waystation.SshFrontend.Sshd;

namespace Waystation.SshFrontend;

/// <summary>
/// sshd and the socket of its relays together: the socket is there before the first client, and stays until the last session has ended.
/// </summary>
public sealed class SshFrontDoor(RelayListener relays, SshdService sshd) : IHostedService
{
    /// <summary>The address for clients, once started.</summary>
    public string Address => sshd.Address;

    /// <inheritdoc />
    /// <exception cref="SshSetupException">sshd cannot be started here.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await relays.StartAsync(cancellationToken);
        try
        {
            await sshd.StartAsync(cancellationToken);
        }
        catch
        {
            await relays.StopAsync(CancellationToken.None);
            throw;
        }
    }

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await relays.StopAsync(cancellationToken);
        await sshd.StopAsync(cancellationToken);
    }
}
