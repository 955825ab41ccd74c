using System.Globalization;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.Primaries.Loops;

namespace Waystation.Primaries.Ssh;

/// <summary>
/// The command line of the ssh program. No configuration file takes part, so it sets every option that matters: only public keys, only host
/// keys that the operator gave, no forwarding, no prompts.
/// </summary>
internal static class SshArguments
{
    /// <summary>Seconds for TCP and the first bytes of SSH.</summary>
    private const int ConnectSeconds = 15;

    /// <summary>A connection that is silent for four times as long counts as gone.</summary>
    private const int AliveSeconds = 15;

    private static readonly string[] s_fixed =
    [
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        "GlobalKnownHostsFile=/dev/null",
        "UpdateHostKeys=no",
        "CheckHostIP=no",
        "VerifyHostKeyDNS=no",
        "CanonicalizeHostname=no",
        "PreferredAuthentications=publickey",
        "PubkeyAuthentication=yes",
        "ClearAllForwardings=yes",
        "ForwardAgent=no",
        "ForwardX11=no",
        "PermitLocalCommand=no",
        "ControlMaster=no",
        "ControlPath=none",
        "RequestTTY=no",
        "EscapeChar=none",
        "Compression=no",
        "AddKeysToAgent=no",
        "ConnectionAttempts=1",
        "TCPKeepAlive=yes",
        "ServerAliveCountMax=4",
        "SendEnv=GIT_PROTOCOL",
        // A server that does not know the variable leaves it out.
        "SendEnv=" + NodeMark.Variable,
        // The line in the log for a successful login. It tells a broken connection from a connection that was never made.
        "LogLevel=VERBOSE",
    ];

    /// <summary>Everything after <c>ssh</c>.</summary>
    /// <param name="target">The server.</param>
    /// <param name="identity">The identity with which to log in.</param>
    /// <param name="logFile">The file for the program's own messages; its standard error then has only the primary's.</param>
    /// <param name="command">The command to run.</param>
    /// <exception cref="PrimaryException">A path cannot be given to the ssh program.</exception>
    public static IReadOnlyList<string> Of(SshTarget target, SshIdentity identity, string logFile, RemoteCommand command)
    {
        List<string> arguments = ["-F", "none", "-E", logFile, "-T"];
        foreach (string option in s_fixed)
        {
            Say(option);
        }

        Say(string.Create(CultureInfo.InvariantCulture, $"ConnectTimeout={ConnectSeconds}"));
        Say(string.Create(CultureInfo.InvariantCulture, $"ServerAliveInterval={AliveSeconds}"));
        Say("UserKnownHostsFile=" + (target.KnownHostsFile.Length == 0 ? "/dev/null" : PathValue(target.KnownHostsFile)));
        Say(string.Create(CultureInfo.InvariantCulture, $"Port={target.ConnectPort ?? target.Port}"));
        Say("User=" + target.User);
        if (target.ConnectHost is not null || target.ConnectPort is not null)
        {
            Say("HostKeyAlias=" + target.KnownAs);
        }

        if (identity is SshIdentity.KeyFile key)
        {
            Say("IdentitiesOnly=yes");
            Say("IdentityAgent=none");
            Say("IdentityFile=" + PathValue(key.Path));
        }
        else
        {
            // The node's account may have keys of its own, which must not be used for a client.
            Say("IdentityFile=none");
        }

        arguments.Add("--");
        arguments.Add(target.ConnectHost ?? target.Host);
        arguments.Add(command.ToString());
        return arguments;

        void Say(string option)
        {
            arguments.Add("-o");
            arguments.Add(option);
        }
    }

    /// <summary>Whether a path can be a value: options have neither escapes nor a way to switch off <c>${}</c>.</summary>
    private static bool Accepts(string path) =>
        Path.IsPathFullyQualified(path)
        && !path.Any(static c => char.IsControl(c) || c is '"' or '\\')
        && !path.Contains("${", StringComparison.Ordinal);

    /// <summary>A path as a value: in double quotes, its percent signs doubled.</summary>
    private static string PathValue(string path) =>
        Accepts(path)
            ? $"\"{path.Replace("%", "%%", StringComparison.Ordinal)}\""
            : throw new PrimaryException(
                $"the path {path} cannot be passed to the ssh program: it must be absolute, without quotes, backslashes and ${{"
            );
}
