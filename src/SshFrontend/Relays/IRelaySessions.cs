namespace Waystation.SshFrontend.Relays;

/// <summary>What relays ask for.</summary>
public interface IRelaySessions
{
    /// <summary>The line of authorized_keys for a key, with a line feed; empty if the key is refused.</summary>
    /// <param name="key">Type and base64 of a key or certificate that a client offers. The client has proven nothing yet.</param>
    /// <param name="cancellationToken">Cancelled when the relay is gone.</param>
    Task<string> FindLineAsync(string key, CancellationToken cancellationToken);

    /// <summary>Serves one command to its end.</summary>
    /// <param name="session">The command; this call disposes its streams.</param>
    /// <param name="cancellationToken">The client is gone, or the node stops.</param>
    /// <returns>The exit code for the client.</returns>
    Task<int> ServeAsync(RelaySession session, CancellationToken cancellationToken);
}
