using System.Diagnostics;

namespace Waystation.TestKit.Servers;

/// <summary>
/// A primary that keeps users, and rights per repository and branch: gitolite as Debian has it, behind Apache and behind sshd. It says no
/// in its own way: over HTTP with status 200 and an ERR packet, also to a repository that is not there.
/// <para>
/// Everybody has a password as at <see cref="ApachePrimary"/>. Keys are let in by <see cref="Admit"/>.
/// </para>
/// </summary>
public sealed class GitolitePrimary : IAsyncDisposable
{
    private const string Shell = "/usr/share/gitolite3/gitolite-shell";

    private static readonly string[] s_modules =
    [
        "mpm_prefork",
        "authn_core",
        "authn_file",
        "authz_core",
        "authz_user",
        "auth_basic",
        "alias",
        "cgi",
        "env",
        "setenvif",
    ];

    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, string> _environment;
    private readonly string _home;
    private SshdPrimary? _sshd;
    private Process? _server;
    private int _port;

    private GitolitePrimary()
    {
        _home = _folder.CreateSharedFolder("home");
        _environment = new()
        {
            ["HOME"] = _home,
            ["USER"] = Environment.UserName,
            ["GIT_CONFIG_NOSYSTEM"] = "1",
        };
    }

    public Uri Url => new($"http://127.0.0.1:{_port}/");

    public SshdPrimary Sshd => _sshd ?? throw new InvalidOperationException("not started");

    /// <summary>Starts it.</summary>
    /// <param name="rights">The lines of gitolite.conf.</param>
    public static async Task<GitolitePrimary> StartAsync(string rights)
    {
        var primary = new GitolitePrimary();
        try
        {
            await primary.SetUpAsync(rights);
            primary._sshd = await SshdPrimary.StartAsync();
            await primary.LaunchAsync();
            return primary;
        }
        catch
        {
            await primary.DisposeAsync();
            throw;
        }
    }

    /// <summary>The URL of a repository below a server's, with a user's password.</summary>
    public static string UrlOf(Uri server, string repository, string user) =>
        new UriBuilder(new Uri(server, repository + ".git")) { UserName = user, Password = user + ApachePrimary.PasswordSuffix }
            .Uri
            .AbsoluteUri;

    /// <summary>Gives other rights from now on; repositories that are new among them are made.</summary>
    public async Task GrantAsync(string rights)
    {
        await File.WriteAllTextAsync(Path.Combine(_home, ".gitolite/conf/gitolite.conf"), rights);
        await GitoliteAsync("setup");
        await ShareAsync();
    }

    /// <summary>Lets a key in as this user.</summary>
    public void Admit(string user, SshKey key) => Sshd.AdmitTo(key, $"/usr/bin/env HOME={_home} GIT_CONFIG_NOSYSTEM=1 {Shell} {user}");

    public async ValueTask DisposeAsync()
    {
        if (_sshd is not null)
        {
            await _sshd.DisposeAsync();
        }

        if (_server is not null)
        {
            Unix.KillGroup(_server.Id);
            _server.WaitForExit();
            _server.Dispose();
        }

        _folder.Dispose();
    }

    private async Task SetUpAsync(string rights)
    {
        await File.WriteAllTextAsync(
            Path.Combine(_home, ".gitolite.rc"),
            """
            %RC = (UMASK => 0000, ENABLE => ['help', 'info'], ROLES => {});
            1;

            """
        );
        await File.WriteAllTextAsync(
            Path.Combine(_home, ".gitconfig"),
            """
            [safe]
                directory = *
            [init]
                defaultBranch = main
            [http]
                receivepack = true
            [core]
                fsync = none
            [gc]
                auto = 0
            [receive]
                autoGC = false

            """
        );
        await GitoliteAsync("setup", "-a", "admin");
        await GrantAsync(rights);
        var passwords = new List<string>();
        foreach (string user in (string[])["alice", "bob", "mallory"])
        {
            CommandResult hash = await new Command("openssl", "passwd", "-apr1", user + ApachePrimary.PasswordSuffix).MustRunAsync();
            passwords.Add($"{user}:{hash.Output.Trim()}");
        }

        await File.WriteAllLinesAsync(_folder["htpasswd"], passwords);
        _folder.CreateFolder("pages");
    }

    private Task<CommandResult> GitoliteAsync(params string[] arguments) =>
        new Command("gitolite", arguments) { Environment = _environment, WorkingDirectory = _home }.MustRunAsync();

    /// <summary>Apache runs as another user than the test does, and both write.</summary>
    private Task<CommandResult> ShareAsync() => new Command("chmod", "-R", "a+rwX", _home).MustRunAsync();

    private async Task LaunchAsync()
    {
        for (int attempt = 1; ; attempt++)
        {
            _port = FreePort.Find();
            await File.WriteAllTextAsync(_folder["httpd.conf"], Configuration());
            string[] apache = [ApacheConfiguration.Program, "-d", _folder.FullPath, "-f", _folder["httpd.conf"], "-DFOREGROUND"];
            _server = new Command("setsid", apache).Start();
            _ = _server.StandardOutput.ReadToEndAsync();
            _ = _server.StandardError.ReadToEndAsync();
            bool listens = false;
            await Eventually.TrueAsync(
                "Apache accepts connections",
                async () => _server.HasExited || (listens = await FreePort.IsServedAsync(_port))
            );
            if (listens)
            {
                return;
            }

            if (attempt == 5)
            {
                throw new InvalidOperationException("Apache does not start");
            }
        }
    }

    private string Configuration() =>
        $$"""
            ServerName 127.0.0.1
            Listen 127.0.0.1:{{_port}}
            PidFile {{_folder["httpd.pid"]}}
            {{ApacheConfiguration.Load(s_modules)}}
            {{(Environment.IsPrivilegedProcess ? "User www-data\nGroup www-data" : "")}}
            ErrorLog {{_folder["error.log"]}}
            DocumentRoot {{_folder["pages"]}}
            SetEnv GIT_PROJECT_ROOT {{_home}}/repositories
            SetEnv GIT_HTTP_EXPORT_ALL 1
            SetEnv GITOLITE_HTTP_HOME {{_home}}
            SetEnv GIT_CONFIG_NOSYSTEM 1
            SetEnvIf Git-Protocol "(.*)" GIT_PROTOCOL=$1
            ScriptAlias / {{Path.GetDirectoryName(Shell)}}/gitolite-shell/
            <Directory {{Path.GetDirectoryName(Shell)}}>
                Options ExecCGI
                Require all granted
            </Directory>
            <Location />
                AuthType Basic
                AuthName "gitolite"
                AuthBasicProvider file
                AuthUserFile {{_folder["htpasswd"]}}
                Require valid-user
            </Location>

            """;
}
