using System.ComponentModel;
using System.Diagnostics;
using Waystation.CacheStore.Processes;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.Primaries.Loops;
using Waystation.Primaries.Ssh.Agents;

namespace Waystation.Primaries.Ssh;

/// <summary>
/// The one place that starts OpenSSH's client. Arguments are a list, without a shell. No configuration file is read. The environment has
/// only the variables that are set here.
/// </summary>
public sealed class SshClient
{
    /// <summary>The longest folder: the path of a Unix socket with its end mark (unix(7)), without the file names in that folder.</summary>
    private const int MaxFolderLength = 108 - 1 - 16;

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly OpeningTurns _turns = new();
    private readonly string _folder;
    private readonly ILogger<SshClient> _logger;

    /// <param name="folder">The folder for each channel's socket and log while it runs; only the node can enter it.</param>
    /// <param name="logger">Gets the ssh program's messages after a failure.</param>
    public SshClient(string folder, ILogger<SshClient> logger)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        // The path of a Unix socket is short. If this folder's path is too long, another folder is used.
        _folder = System.Text.Encoding.UTF8.GetByteCount(folder) <= MaxFolderLength ? folder : Path.GetTempPath();
        _logger = logger;
    }

    /// <summary>
    /// Starts a command at the primary: an ssh process. It returns at once. The first byte, or <see cref="SshChannel.Exit"/>, shows whether
    /// there is a connection.
    /// </summary>
    /// <param name="target">The server.</param>
    /// <param name="identity">The identity with which to log in.</param>
    /// <param name="command">The command to run.</param>
    /// <param name="gitProtocol">The value of <c>GIT_PROTOCOL</c> there, such as <c>version=2</c>; null for none.</param>
    /// <param name="cancellationToken">Kills the ssh program, at any time until the channel is disposed.</param>
    /// <exception cref="PrimaryException">The ssh program cannot be started.</exception>
    public SshChannel Start(
        SshTarget target,
        SshIdentity identity,
        RemoteCommand command,
        string? gitProtocol,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(command);
        cancellationToken.ThrowIfCancellationRequested();
        string folder = Path.Combine(_folder, "s" + Path.GetRandomFileName()[..8]);
        AgentRelay? agent = null;
        try
        {
            string log = Path.Combine(folder, "log");
            string socket = Path.Combine(folder, "agent");
            ProcessStartInfo start = StartOf(SshArguments.Of(target, identity, log, command), gitProtocol);
            Directory.CreateDirectory(folder, Private);
            if (identity is SshIdentity.Agent users)
            {
                agent = new AgentRelay(socket, users.Socket, users.Proven);
                start.Environment["SSH_AUTH_SOCK"] = socket;
            }

            Process process = Process.Start(start) ?? throw new PrimaryException("the ssh program cannot be started");
            return new SshChannel(process, target, agent, folder, log, _logger, cancellationToken);
        }
        catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException)
        {
            _ = agent?.DisposeAsync().AsTask();
            SshChannel.DeleteFolder(folder);
            throw e as PrimaryException
                ?? new PrimaryException($"the ssh program (Debian package openssh-client) cannot be started: {e.Message}", e);
        }
    }

    /// <summary>Waits for a turn to open a connection; null if it goes on without one. Disposing the turn ends it.</summary>
    internal Task<IDisposable?> EnterOpeningAsync(CancellationToken cancellationToken) => _turns.EnterAsync(cancellationToken);

    private static ProcessStartInfo StartOf(IReadOnlyList<string> arguments, string? gitProtocol)
    {
        ProcessStartInfo start = ChildProcess.Prepare("ssh", arguments);
        start.Environment["LC_ALL"] = "C";
        start.Environment[NodeMark.Variable] = NodeMark.Chain;
        if (gitProtocol is not null)
        {
            start.Environment["GIT_PROTOCOL"] = gitProtocol;
        }

        return start;
    }
}
