namespace Waystation.SshFrontend.Relays;

/// <summary>What relays ask for.</summary>
public interface IRelaySessions
{
    /// <summary>The line of authorized_keys for a key, ended by a line feed; empty where the key is refused.</summary>
    /// <param name="key">Type and base64 of a key or certificate that a client offers. It has proven nothing yet.</param>
    /// <param name="cancellationToken">Ends with the asking relay.</param>
    Task<string> FindLineAsync(string key, CancellationToken cancellationToken);

    /// <summary>Serves one command to its end.</summary>
    /// <param name="session">The command; its streams are this call's to dispose.</param>
    /// <param name="cancellationToken">The client has gone, or the node stops.</param>
    /// <returns>The exit code for the client.</returns>
    Task<int> ServeAsync(RelaySession session, CancellationToken cancellationToken);
}
