using System.ComponentModel;
using System.Diagnostics;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.Primaries.Ssh.Agents;

namespace Waystation.Primaries.Ssh;

/// <summary>
/// The one place that starts OpenSSH's client. Arguments are a list, no shell takes part; no configuration file is read;
/// the environment holds nothing but what is set here.
/// </summary>
public sealed class SshClient
{
    /// <summary>What a Unix socket's path may have, its end included (unix(7)), less the names that we put behind.</summary>
    private const int MaxFolderLength = 108 - 1 - 16;

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly OpeningTurns _turns = new();
    private readonly string _folder;
    private readonly ILogger<SshClient> _logger;

    /// <param name="folder">Where each channel keeps its socket and its log while it runs: a folder that the node alone can enter.</param>
    /// <param name="logger">Gets what the ssh program said when something went wrong.</param>
    public SshClient(string folder, ILogger<SshClient> logger)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        // The name of a Unix socket is short; so where this folder's is not, another one does as well.
        _folder = System.Text.Encoding.UTF8.GetByteCount(folder) <= MaxFolderLength ? folder : Path.GetTempPath();
        _logger = logger;
    }

    /// <summary>
    /// Starts a command at the primary. It returns at once: whether there is a connection is known when the first byte comes, or
    /// from <see cref="SshChannel.Exit"/>.
    /// </summary>
    /// <param name="target">Where.</param>
    /// <param name="identity">In whose name.</param>
    /// <param name="command">What to run there.</param>
    /// <param name="gitProtocol">What <c>GIT_PROTOCOL</c> says there, such as <c>version=2</c>; null to say nothing.</param>
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

    /// <summary>Waits for a turn to open a connection; null where it goes on without one. The turn ends by disposal.</summary>
    internal Task<IDisposable?> EnterOpeningAsync(CancellationToken cancellationToken) => _turns.EnterAsync(cancellationToken);

    private static ProcessStartInfo StartOf(IReadOnlyList<string> arguments, string? gitProtocol)
    {
        var start = new ProcessStartInfo("ssh", arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        string? path = Environment.GetEnvironmentVariable("PATH");
        start.Environment.Clear();
        start.Environment["PATH"] = path;
        start.Environment["LC_ALL"] = "C";
        if (gitProtocol is not null)
        {
            start.Environment["GIT_PROTOCOL"] = gitProtocol;
        }

        return start;
    }
}
