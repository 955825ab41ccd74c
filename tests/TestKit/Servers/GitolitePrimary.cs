using System.Diagnostics;

namespace Waystation.TestKit.Servers;

/// <summary>
/// A primary that keeps users, and rights per repository and branch: gitolite as Debian has it, behind Apache and behind sshd. It says no in its own
/// way: over HTTP with status 200 and an ERR packet, also to a repository that is not there.
/// <para>
/// Everybody has a password as at <see cref="ApachePrimary"/>. Keys are let in by <see cref="Admit"/>.
/// </para>
/// </summary>
public sealed class GitolitePrimary : IAsyncDisposable
{
    private const string Shell = "/usr/share/gitolite3/gitolite-shell";

    private static readonly string[] Modules =
        ["mpm_prefork", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "alias", "cgi", "env", "setenvif"];

    private readonly TempFolder folder = new();
    private readonly Dictionary<string, string> environment;
    private readonly string home;
    private SshdPrimary? sshd;
    private Process? server;
    private int port;

    private GitolitePrimary()
    {
        home = folder.CreateSharedFolder("home");
        environment = new() { ["HOME"] = home, ["USER"] = Environment.UserName, ["GIT_CONFIG_NOSYSTEM"] = "1" };
    }

    public Uri Url => new($"http://127.0.0.1:{port}/");

    public SshdPrimary Sshd => sshd ?? throw new InvalidOperationException("not started");

    /// <summary>Starts it.</summary>
    /// <param name="rights">The lines of gitolite.conf.</param>
    public static async Task<GitolitePrimary> StartAsync(string rights)
    {
        var primary = new GitolitePrimary();
        try
        {
            await primary.SetUpAsync(rights);
            primary.sshd = await SshdPrimary.StartAsync();
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
        new UriBuilder(new Uri(server, repository + ".git"))
        {
            UserName = user,
            Password = user + ApachePrimary.PasswordSuffix,
        }.Uri.AbsoluteUri;

    /// <summary>Gives other rights from now on; repositories that are new among them are made.</summary>
    public async Task GrantAsync(string rights)
    {
        await File.WriteAllTextAsync(Path.Combine(home, ".gitolite/conf/gitolite.conf"), rights);
        await GitoliteAsync("setup");
        await ShareAsync();
    }

    /// <summary>Lets a key in as this user.</summary>
    public void Admit(string user, SshKey key) => Sshd.AdmitTo(key, $"/usr/bin/env HOME={home} GIT_CONFIG_NOSYSTEM=1 {Shell} {user}");

    public async ValueTask DisposeAsync()
    {
        if (sshd is not null)
            await sshd.DisposeAsync();
        if (server is not null)
        {
            Unix.KillGroup(server.Id);
            server.WaitForExit();
            server.Dispose();
        }

        folder.Dispose();
    }

    private async Task SetUpAsync(string rights)
    {
        await File.WriteAllTextAsync(Path.Combine(home, ".gitolite.rc"), """
            %RC = (UMASK => 0000, ENABLE => ['help', 'info'], ROLES => {});
            1;

            """);
        await File.WriteAllTextAsync(Path.Combine(home, ".gitconfig"), """
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

            """);
        await GitoliteAsync("setup", "-a", "admin");
        await GrantAsync(rights);
        var passwords = new List<string>();
        foreach (string user in (string[])["alice", "bob", "mallory"])
        {
            CommandResult hash = await new Command("openssl", "passwd", "-apr1", user + ApachePrimary.PasswordSuffix).MustRunAsync();
            passwords.Add($"{user}:{hash.Output.Trim()}");
        }

        await File.WriteAllLinesAsync(folder["htpasswd"], passwords);
        folder.CreateFolder("pages");
    }

    private Task<CommandResult> GitoliteAsync(params string[] arguments) =>
        new Command("gitolite", arguments) { Environment = environment, WorkingDirectory = home }.MustRunAsync();

    /// <summary>Apache runs as another user than the test does, and both write.</summary>
    private Task<CommandResult> ShareAsync() => new Command("chmod", "-R", "a+rwX", home).MustRunAsync();

    private async Task LaunchAsync()
    {
        for (int attempt = 1; ; attempt++)
        {
            port = FreePort.Find();
            await File.WriteAllTextAsync(folder["httpd.conf"], Configuration());
            string[] apache = [ApacheConfiguration.Program, "-d", folder.FullPath, "-f", folder["httpd.conf"], "-DFOREGROUND"];
            server = new Command("setsid", apache).Start();
            _ = server.StandardOutput.ReadToEndAsync();
            _ = server.StandardError.ReadToEndAsync();
            bool listens = false;
            await Eventually.TrueAsync(
                "Apache accepts connections", async () => server.HasExited || (listens = await FreePort.IsServedAsync(port)));
            if (listens)
                return;
            if (attempt == 5)
                throw new InvalidOperationException("Apache does not start");
        }
    }

    private string Configuration() => $$"""
        ServerName 127.0.0.1
        Listen 127.0.0.1:{{port}}
        PidFile {{folder["httpd.pid"]}}
        {{ApacheConfiguration.Load(Modules)}}
        {{(Environment.IsPrivilegedProcess ? "User www-data\nGroup www-data" : "")}}
        ErrorLog {{folder["error.log"]}}
        DocumentRoot {{folder["pages"]}}
        SetEnv GIT_PROJECT_ROOT {{home}}/repositories
        SetEnv GIT_HTTP_EXPORT_ALL 1
        SetEnv GITOLITE_HTTP_HOME {{home}}
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
            AuthUserFile {{folder["htpasswd"]}}
            Require valid-user
        </Location>

        """;
}
