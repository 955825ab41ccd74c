using System.Globalization;
using System.Net;
using System.Text;
using Waystation.Primaries.Loops;

namespace Waystation.SshFrontend.Sshd;

/// <summary>
/// Writes sshd's configuration (sshd_config(5)): public keys only, one account, one command, no forwarding but the agent's socket. Other
/// options are off by sshd's own default, or have no effect without an option that is off.
/// </summary>
internal static class SshdConfigWriter
{
    /// <summary>The file of the relay's socket in <see cref="SshdOptions.Folder"/>.</summary>
    public const string SocketName = "relay";

    /// <summary>The whole file.</summary>
    /// <param name="options">The operator's settings.</param>
    /// <param name="port">The port that was chosen.</param>
    /// <param name="account">The login name: the account that the node runs as.</param>
    /// <param name="hostKeys">The private host keys.</param>
    /// <param name="release">The release of sshd, which decides the options that it knows.</param>
    public static string Write(SshdOptions options, int port, string account, IReadOnlyList<string> hostKeys, SshdRelease release)
    {
        var text = new StringBuilder();
        Say("# Written by waystation at every start; changes here are lost.");
        foreach (string address in AddressesOf(options.Listen, port))
        {
            Say($"ListenAddress {address}");
        }

        foreach (string key in hostKeys)
        {
            Say($"HostKey {Quoted(key)}");
        }

        // Users differ only by their keys, and the node judges these.
        Say($"AllowUsers {account}");
        Say($"PermitRootLogin {(account == "root" ? "prohibit-password" : "no")}");
        Say("AuthenticationMethods publickey");
        Say("PubkeyAuthentication yes");
        Say("PasswordAuthentication no");
        Say("KbdInteractiveAuthentication no");
        Say("HostbasedAuthentication no");
        Say("UsePAM no");
        Say("AuthorizedKeysFile none");
        // sshd starts no AuthorizedKeysCommand that is not root's own; /usr/bin/env is.
        Say($"AuthorizedKeysCommand {string.Join(' ', RelayCommand.Of(options, "keys").Select(Escaped))} %t %k");
        Say($"AuthorizedKeysCommandUser {account}");
        // A client offers the keys of its agent one by one until one will do.
        Say("MaxAuthTries 24");
        Say("LoginGraceTime 120");
        Say("MaxStartups 200:30:400");
        if (release >= SshdRelease.BoundsAddresses)
        {
            Say(
                "PerSourceMaxStartups "
                    + (options.MaxLoginsPerAddress == 0 ? "none" : options.MaxLoginsPerAddress.ToString(CultureInfo.InvariantCulture))
            );
            // Who has one IPv6 address has all of its /64.
            Say("PerSourceNetBlockSize 32:64");
        }

        if (release >= SshdRelease.Penalizes)
        {
            // A single failure costs nothing. Clients that share an address with an attacker wait a minute at most.
            Say("PerSourcePenalties crash:30s authfail:1s noauth:1s grace-exceeded:10s min:15s max:60s");
        }

        Say("MaxSessions 64");

        Say($"AcceptEnv GIT_PROTOCOL {NodeMark.Variable}");
        // sshd starts the relay with the account's shell, and Debian's bash would run the account's .bashrc first. Such a file takes time
        // from each session, may write to the client, or may wait. So the shell's home is a folder that has no such file.
        Say($"SetEnv {Quoted($"HOME={options.Folder}")}");
        Say("PermitUserEnvironment no");
        Say("PermitUserRC no");
        Say("PermitTTY no");
        Say($"AllowAgentForwarding {(options.AgentForwarding ? "yes" : "no")}");
        Say("AllowTcpForwarding no");
        Say("AllowStreamLocalForwarding no");
        Say("GatewayPorts no");
        Say("X11Forwarding no");
        Say("PermitTunnel no");
        Say("PrintMotd no");
        Say("PrintLastLog no");
        Say("Compression no");
        Say("UseDNS no");
        Say("PidFile none");
        Say("LogLevel VERBOSE");
        // A client that is gone is noticed within three minutes. A client that only holds a connection open is disconnected.
        Say("ClientAliveInterval 60");
        Say("ClientAliveCountMax 3");
        if (release >= SshdRelease.ClosesIdle)
        {
            Say("UnusedConnectionTimeout 5m");
            // A client that has logged in and opened a session, and sends no command. A session in which nothing moves for so long is none
            // of git's: both sides send something every few seconds while they work.
            Say("ChannelTimeout session=30m");
        }

        return text.ToString();

        void Say(string line) => text.Append(line).Append('\n');
    }

    private static IEnumerable<string> AddressesOf(IPEndPoint listen, int port)
    {
        string number = port.ToString(CultureInfo.InvariantCulture);
        return listen.Address.Equals(IPAddress.IPv6Any)
            ? [$"0.0.0.0:{number}", $"[::]:{number}"]
            : [new IPEndPoint(listen.Address, port).ToString()];
    }

    /// <summary>A word of a command in the configuration: sshd splits it at spaces, and reads a percent sign as a token.</summary>
    private static string Escaped(string word) => Quoted(word).Replace("%", "%%", StringComparison.Ordinal);

    private static string Quoted(string word) =>
        word.Any(static c => c is '"' or '\\' || char.IsControl(c))
            ? throw new SshSetupException(
                $"the path {word} cannot be used for sshd: it contains a quote, a backslash or a control character"
            )
        : word.Contains(' ', StringComparison.Ordinal)
        || word.Contains('#', StringComparison.Ordinal)
        || word.Contains('\'', StringComparison.Ordinal)
            ? $"\"{word}\""
        : word;
}
