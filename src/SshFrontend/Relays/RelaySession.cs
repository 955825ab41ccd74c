using System.Net;
using Waystation.Primaries;

namespace Waystation.SshFrontend.Relays;

/// <summary>One command of a client, as the relay handed it over. The handler disposes it.</summary>
public sealed class RelaySession : IAsyncDisposable
{
    /// <summary>Type and base64 of the key by which the client logged in; sshd has checked that it has the private half.</summary>
    public required string Key { get; init; }

    /// <summary>The client's command; empty for a shell.</summary>
    public required string Command { get; init; }

    /// <summary>The client's <c>GIT_PROTOCOL</c>; null if it sent none.</summary>
    public string? GitProtocol { get; init; }

    /// <summary>The Unix socket of the client's forwarded agent; null if it forwards none.</summary>
    public string? AgentSocket { get; init; }

    /// <summary>The addresses and ports of client and node, as in <c>SSH_CONNECTION</c>; for the log.</summary>
    public string Client { get; init; } = "";

    /// <summary>The marks of the nodes through which the session came; null if it came through none.</summary>
    public string? Via { get; init; }

    /// <summary>The address of the client; null if <see cref="Client"/> has none.</summary>
    public IPAddress? Address => IPAddress.TryParse(Client.Split(' ', 2)[0], out IPAddress? address) ? ClientNetworks.Plain(address) : null;

    /// <summary>The client's input: the pipe that sshd writes for it.</summary>
    public required Stream Input { get; init; }

    /// <summary>The output to the client.</summary>
    public required Stream Output { get; init; }

    /// <summary>The client's standard error.</summary>
    public required Stream Error { get; init; }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Input.DisposeAsync();
        await Output.DisposeAsync();
        await Error.DisposeAsync();
    }
}
