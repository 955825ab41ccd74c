using System.Net;

namespace Waystation.SshFrontend.Sshd;

/// <summary>The options of sshd.</summary>
public sealed record SshdOptions
{
    /// <summary>The address for clients. With port 0 the system chooses a port, which is kept until the node ends.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>The operator's private host keys, absolute paths; if empty, the node makes and keeps keys of its own.</summary>
    public IReadOnlyList<string> HostKeys { get; init; } = [];

    /// <summary>The folder of configuration, socket and host keys; only the node's account can enter it.</summary>
    public required string Folder { get; init; }

    /// <summary>The relay, an absolute path.</summary>
    public required string Relay { get; init; }

    /// <summary>Whether users may forward their agent.</summary>
    public bool AgentForwarding { get; init; } = true;

    /// <summary>Connections from one address that have not logged in yet; more are closed at once. 0 is no limit.</summary>
    public required int MaxLoginsPerAddress { get; init; }

    /// <summary>The user id of this process, and so of every relay.</summary>
    public static uint OwnUser => LoginAccount.OwnId;

    /// <summary>The relays' socket in such a folder.</summary>
    public static string SocketOf(string folder) => Path.Combine(folder, SshdConfigWriter.SocketName);
}
