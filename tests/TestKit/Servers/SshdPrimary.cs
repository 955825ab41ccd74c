using System.Diagnostics;
using System.Globalization;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.TestKit.Servers;

/// <summary>
/// A primary as forges are over SSH: OpenSSH's sshd, one login name for all, and a forced command for each key that knows
/// whose it is.
/// <para>
/// All users may read everything, but mallory may not see <c>private/…</c>. Only alice may push. Every other command is
/// refused, except the words by which a test makes the command misbehave (see the script).
/// </para>
/// </summary>
public sealed class SshdPrimary : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly PackHook _hook;
    private readonly Dictionary<string, string> _environment;
    private readonly string _repositories;
    private Process? _server;

    private SshdPrimary(ApachePrimary? behind)
    {
        _repositories = behind?.RepositoriesFolder ?? _folder.CreateFolder("repositories");
        _hook = behind?.Hook ?? new PackHook(_folder, _repositories);
        _environment = new()
        {
            ["HOME"] = _folder.CreateFolder("home"),
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["GIT_CONFIG_GLOBAL"] = _folder["gitconfig"],
        };
    }

    /// <summary>The account behind all logins: whoever runs the test.</summary>
    public static string User => Environment.UserName;

    public int Port { get; private set; }

    /// <summary>Whether the server takes GIT_PROTOCOL; without, it speaks v0 only, as Debian's sshd does unless told.</summary>
    public bool AcceptsProtocol { get; init; } = true;

    /// <summary>A known hosts file that has the server's key under its address and port.</summary>
    public string KnownHostsFile => _folder["known_hosts"];

    /// <summary>What the forced commands were asked, in order: <c>alice git-upload-pack 'public/a.git'</c>.</summary>
    public IReadOnlyList<string> Commands => File.Exists(_folder["commands"]) ? File.ReadAllLines(_folder["commands"]) : [];

    /// <summary>What sshd said.</summary>
    public string Log => File.Exists(_folder["sshd.log"]) ? File.ReadAllText(_folder["sshd.log"]) : "";

    /// <summary>Starts it.</summary>
    /// <param name="acceptsProtocol">See <see cref="AcceptsProtocol"/>.</param>
    /// <param name="behind">A server whose repositories this one serves as well.</param>
    public static async Task<SshdPrimary> StartAsync(bool acceptsProtocol = true, ApachePrimary? behind = null)
    {
        var primary = new SshdPrimary(behind) { AcceptsProtocol = acceptsProtocol };
        try
        {
            await primary.WriteFilesAsync();
            await primary.StartAgainAsync();
            return primary;
        }
        catch
        {
            await primary.DisposeAsync();
            throw;
        }
    }

    public async Task<PrimaryRepository> CreateAsync(string name, History? history = null, string objectFormat = "sha1")
    {
        var repository = new PrimaryRepository(name, Path.Combine(_repositories, name), _hook, _environment);
        await repository.InitializeAsync(objectFormat, history);
        return repository;
    }

    /// <summary>Lets a key in as this user; <paramref name="options"/> as in authorized_keys, such as <c>cert-authority</c>.</summary>
    public void Admit(string user, SshKey key, string options = "restrict")
    {
        ArgumentNullException.ThrowIfNull(key);
        File.AppendAllText(_folder["authorized_keys"], $"{options},command=\"{_folder["forced-command"]} {user}\" {key.PublicLine}\n");
    }

    /// <summary>Lets a key in to run just this command.</summary>
    public void AdmitTo(SshKey key, string command)
    {
        ArgumentNullException.ThrowIfNull(key);
        File.AppendAllText(_folder["authorized_keys"], $"restrict,command=\"{command}\" {key.PublicLine}\n");
    }

    /// <summary>Has <c>git-lfs-authenticate</c> answer as this primary says.</summary>
    public void AnswerLfsBy(LfsPrimary primary)
    {
        ArgumentNullException.ThrowIfNull(primary);
        File.WriteAllText(
            _folder["lfs"],
            $$"""
            # Part of the forced command.
            curl --silent --fail --get --noproxy '*' --data-urlencode "user=$user" --data-urlencode "path=$2" \
                --data-urlencode "operation=$3" '{{primary.AuthenticateUrl}}' || refuse 'You are not allowed to do this.'
            exit 0

            """
        );
    }

    /// <summary>Lets a key in no more.</summary>
    public void Expel(SshKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        string[] others =
        [
            .. File.ReadAllLines(_folder["authorized_keys"]).Where(line => !line.EndsWith(key.PublicLine, StringComparison.Ordinal)),
        ];
        File.WriteAllLines(_folder["authorized_keys"], others);
    }

    /// <summary>Lets nobody in any more.</summary>
    public void AdmitNobody() => File.WriteAllText(_folder["authorized_keys"], "");

    /// <summary>Writes a known hosts file that has the server's key, or another one, under these names.</summary>
    public string WriteKnownHosts(string names, SshKey? key = null)
    {
        string file = _folder["known-" + Path.GetRandomFileName()[..4]];
        File.WriteAllText(file, $"{names} {(key ?? new SshKey(_folder["host-key"])).PublicLine}\n");
        return file;
    }

    /// <summary>Makes keys, and whatever else belongs to a test, in a folder that goes with the server.</summary>
    public string PathOf(string name) => _folder[name];

    /// <summary>Cuts every connection that is under way, in the middle of whatever it does.</summary>
    public void KillConnections()
    {
        foreach (int child in ChildrenOf(_server?.Id ?? 0))
        {
            foreach (int grandchild in ChildrenOf(child))
            {
                Unix.Kill(grandchild);
            }

            Unix.Kill(child);
        }
    }

    /// <summary>How many connections are under way.</summary>
    public int Connections => _server is null ? 0 : ChildrenOf(_server.Id).Count;

    /// <summary>Ends the server and its connections.</summary>
    public void Stop()
    {
        if (_server is null)
        {
            return;
        }

        KillConnections();
        _server.Kill();
        _server.WaitForExit();
        _server.Dispose();
        _server = null;
    }

    /// <summary>Starts the server; after <see cref="Stop"/> on the same port.</summary>
    public async Task StartAgainAsync()
    {
        for (int attempt = 1; ; attempt++)
        {
            if (Port == 0 || attempt > 1)
            {
                Port = FreePort.Find();
            }

            await WriteConfigurationAsync();
            if (await TryLaunchAsync())
            {
                return;
            }

            if (attempt == 5)
            {
                throw new InvalidOperationException($"sshd does not start:\n{Log}");
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        Stop();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private static List<int> ChildrenOf(int parent)
    {
        List<int> children = [];
        foreach (string entry in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (
                    int.TryParse(Path.GetFileName(entry), CultureInfo.InvariantCulture, out int id)
                    && File.ReadAllText(Path.Combine(entry, "stat")) is var stat
                    && stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1] == $"{parent}"
                )
                {
                    children.Add(id);
                }
            }
            catch (IOException)
            {
                // It ended while we looked.
            }
        }

        return children;
    }

    private async Task WriteFilesAsync()
    {
        await SshKey.CreateAsync(_folder["host-key"]);
        File.WriteAllText(_folder["authorized_keys"], "");
        File.WriteAllText(
            _folder["gitconfig"],
            $"""
            [safe]
                directory = *
            [uploadpack]
                allowFilter = true
                packObjectsHook = {_hook.Script}
            [core]
                fsync = none
            [gc]
                auto = 0
            [receive]
                autoGC = false

            """
        );
        File.WriteAllText(
            _folder["forced-command"],
            $$"""
            #!/bin/sh
            # sshd runs this for a key, with the key's user as argument and what was asked in SSH_ORIGINAL_COMMAND.
            echo "$1 $SSH_ORIGINAL_COMMAND" >>"{{_folder["commands"]}}"
            export HOME="{{_environment["HOME"]}}" GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL="{{_folder["gitconfig"]}}"
            user=$1
            eval "set -- $SSH_ORIGINAL_COMMAND"
            path={{_repositories}}/${2#/}
            refuse() { echo "ERROR: $1" >&2; exit "${2:-1}"; }
            case $2 in
            *err-denied*) printf '0032ERR access denied or repository not exported: x'; exit 0 ;;
            *err-busy*) printf '001fERR too many requests just now'; exit 0 ;;
            *silent*) exec cat >/dev/null ;; # until the connection has gone
            *garbage*) echo 'Welcome to this machine.'; exit 0 ;;
            *dies*) kill -9 $$ ;;
            esac
            case $user:$2 in mallory:*private/*) refuse 'Repository not found.' ;; esac
            case $user:$1 in
            *:git-upload-pack | *:git-upload-archive | alice:git-receive-pack) ;;
            *:git-lfs-authenticate) [ ! -e "{{_folder["lfs"]}}" ] || . "{{_folder[
                "lfs"
            ]}}"; echo "{\"user\":\"$user\",\"operation\":\"$3\"}"; exit 0 ;;
            *:git-receive-pack) refuse 'You are not allowed to push.' ;;
            *) refuse 'unknown command' 127 ;;
            esac
            [ -d "$path" ] || refuse 'Repository not found.'
            exec git "${1#git-}" "$path"

            """
        );
        File.SetUnixFileMode(_folder["forced-command"], (UnixFileMode)0b111_101_101);
    }

    private async Task WriteConfigurationAsync()
    {
        await File.WriteAllTextAsync(KnownHostsFile, $"[127.0.0.1]:{Port} {new SshKey(_folder["host-key"]).PublicLine}\n");
        await File.WriteAllTextAsync(
            _folder["sshd_config"],
            $"""
            Port {Port}
            ListenAddress 127.0.0.1
            HostKey {_folder["host-key"]}
            AuthorizedKeysFile {_folder["authorized_keys"]}
            PidFile none
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin prohibit-password
            MaxStartups 200
            # Without the hybrid with NTRU Prime, which takes most of the time of a login.
            KexAlgorithms curve25519-sha256,ecdh-sha2-nistp256,diffie-hellman-group14-sha256
            PrintMotd no
            # The startup files of the account's shell are not part of a test.
            SetEnv HOME={_environment["HOME"]}
            LogLevel VERBOSE
            {(AcceptsProtocol ? "AcceptEnv GIT_PROTOCOL" : "")}

            """
        );
    }

    private async Task<bool> TryLaunchAsync()
    {
        // The unprivileged half of sshd has its root there; Debian makes the folder when the service starts.
        if (Environment.IsPrivilegedProcess)
        {
            Directory.CreateDirectory("/run/sshd", (UnixFileMode)0b111_101_101);
        }

        string program = File.Exists("/usr/sbin/sshd") ? "/usr/sbin/sshd" : "/usr/bin/sshd";
        _server = new Command(program, "-D", "-f", _folder["sshd_config"], "-E", _folder["sshd.log"]).Start();
        _ = _server.StandardOutput.ReadToEndAsync();
        _ = _server.StandardError.ReadToEndAsync();
        bool listens = false;
        await Eventually.TrueAsync(
            "sshd accepts connections",
            async () => _server.HasExited || (listens = await FreePort.IsServedAsync(Port))
        );
        return listens;
    }
}
