using System.Diagnostics;
using Waystation.TestKit.Servers;

namespace Waystation.Deploy.Tests;

/// <summary>
/// A Debian machine with systemd for one test: this machine's files under an overlay, in namespaces of its own, with the network that it
/// is given. All that is done there is gone with it.
/// </summary>
internal sealed class DebianMachine : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _group;
    private readonly Process _process;

    private DebianMachine(string groups, NetworkNamespace? network)
    {
        _group = Path.Combine(groups, Path.GetFileName(_folder.FullPath));
        Directory.CreateDirectory(_group);
        var first = new Command(
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--cgroup",
            "--uts",
            "--ipc",
            Path.Combine(Checkout.Root, "tests", "Deploy.Tests", "machine"),
            _folder.FullPath
        );
        first = network?.In(first) ?? first;
        // The group must be entered before the namespace begins, whose root it becomes.
        _process = new Command(
            "sh",
            ["-c", "echo $$ > \"$1/cgroup.procs\" && shift && exec \"$@\"", "sh", _group, first.Program, .. first.Arguments]
        ).Start();
    }

    /// <summary>Why this account cannot have such a machine; null if it can.</summary>
    public static string? Obstacle =>
        !Environment.IsPrivilegedProcess ? "a machine of its own needs root"
        : !File.Exists("/lib/systemd/systemd") ? "a machine of its own needs systemd (package systemd)"
        : Groups() is null ? "a machine of its own needs control groups of version 2"
        : new Command("unshare", "--mount", "--pid", "--fork", "--cgroup", "mount", "-t", "tmpfs", "tmpfs", "/mnt")
            .RunAsync()
            .GetAwaiter()
            .GetResult()
            is { ExitCode: not 0 } refused
            ? $"this account may not make namespaces: {refused.Error.Trim()}"
        : null;

    /// <summary>Makes the machine. Nothing runs there yet.</summary>
    /// <param name="network">Its network; null for that of the machine that the tests run on.</param>
    public static async Task<DebianMachine> CreateAsync(NetworkNamespace? network = null)
    {
        var machine = new DebianMachine(Groups()!, network);
        if (await machine._process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)) == "made")
        {
            return machine;
        }

        string error = await machine._process.StandardError.ReadToEndAsync();
        await machine.DisposeAsync();
        throw new InvalidOperationException($"no machine could be made: {error}");
    }

    /// <summary>Starts systemd and waits until every service that is enabled has started or failed.</summary>
    public async Task BootAsync()
    {
        await _process.StandardInput.WriteLineAsync();
        await _process.StandardInput.FlushAsync();
        await Eventually.TrueAsync(
            "systemd has started all",
            async () => (await TryAsync("systemctl", "is-system-running")).Output.Trim() is "running" or "degraded",
            TimeSpan.FromSeconds(60)
        );
    }

    /// <summary>Runs a program there, however it ends.</summary>
    public Task<CommandResult> TryAsync(params IReadOnlyList<string> words) => Inside(words).RunAsync();

    /// <summary>Runs a program there; returns its output.</summary>
    public async Task<string> RunAsync(params IReadOnlyList<string> words) => (await Inside(words).MustRunAsync()).Output;

    /// <summary>Runs a line of the shell there; returns its output.</summary>
    public Task<string> ShellAsync(string line) => RunAsync("sh", "-ec", line);

    public Task<string> ReadAsync(string path) => RunAsync("cat", path);

    public async Task WriteAsync(string path, string text) =>
        await (
            Inside(["sh", "-ec", $"mkdir -p {Path.GetDirectoryName(path)} && cat > {path}"]) with
            {
                Input = async stream => await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text)),
            }
        ).MustRunAsync();

    /// <summary>Puts a file of the machine that the tests run on into a folder there.</summary>
    public async Task CopyAsync(string file, string folder) =>
        await Outside("cp", file, $"{_folder.FullPath}/root{folder}/").MustRunAsync();

    /// <summary>Paths that differ from those of the machine that the tests run on, but for what was deleted.</summary>
    public async Task<IReadOnlyList<string>> ChangesAsync() =>
        (await Outside("find", $"{_folder.FullPath}/changes", "-not", "-type", "c", "-printf", "/%P\\n").MustRunAsync()).Output.Split(
            '\n',
            StringSplitOptions.RemoveEmptyEntries
        );

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        // The kernel keeps a group until the last of its processes has gone, which may be a moment after the first one.
        await Eventually.TrueAsync("the groups of the machine are gone", () => IsGone(_group));
        _folder.Dispose();
    }

    private static string? Groups() =>
        File.ReadLines("/proc/mounts").Select(static line => line.Split(' ')).FirstOrDefault(static mount => mount[2] == "cgroup2")?[1];

    private static bool IsGone(string group)
    {
        try
        {
            foreach (string inner in Directory.EnumerateDirectories(group))
            {
                if (!IsGone(inner))
                {
                    return false;
                }
            }

            Directory.Delete(group);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private Command Inside(IReadOnlyList<string> words) => Outside("chroot", [$"{_folder.FullPath}/root", .. words]);

    /// <summary>In the namespaces, with the root of the machine that the tests run on.</summary>
    private Command Outside(string program, params IReadOnlyList<string> words)
    {
        string first = File.ReadAllText($"/proc/{_process.Id}/task/{_process.Id}/children").Trim();
        return new Command("nsenter", ["--target", first, "--mount", "--pid", "--cgroup", "--uts", "--ipc", "--net", program, .. words])
        {
            Environment = new Dictionary<string, string>
            {
                ["LC_ALL"] = "C.UTF-8",
                ["HOME"] = "/root",
                ["TMPDIR"] = "/tmp",
            },
            WorkingDirectory = "/",
        };
    }
}
