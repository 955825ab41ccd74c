using System.Diagnostics;

namespace Waystation.Ratios.Rivals;

/// <summary>
/// What people script for themselves: a mirror that is brought up to date by <c>git fetch</c> on every question for refs, and served by
/// <c>git http-backend</c>, as a CGI script of a few lines behind Apache.
/// </summary>
internal sealed class FetchThenServe : IAsyncDisposable
{
    private static readonly string[] s_modules = ["mpm_prefork", "authz_core", "alias", "cgi", "env"];

    private readonly TempFolder _folder = new();
    private Process? _process;

    public Uri Url { get; private set; } = new("http://unknown.invalid/");

    /// <summary>The server's first process, which leads the session of all that it starts.</summary>
    public int ProcessId => _process?.Id ?? throw new InvalidOperationException("it is not running");

    public static async Task<FetchThenServe> StartAsync(Uri primary)
    {
        var server = new FetchThenServe();
        try
        {
            await server.LaunchAsync(primary);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
            _process.Dispose();
        }

        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task LaunchAsync(Uri primary)
    {
        int port = FreePort.Find();
        Url = new Uri($"http://127.0.0.1:{port}/");
        string execPath = (await new Command("git", "--exec-path").MustRunAsync()).Output.Trim();
        string mirrors = _folder.CreateSharedFolder("mirrors"),
            scripts = _folder.CreateFolder("scripts"),
            home = _folder.CreateSharedFolder("home");
        string script = Path.Combine(scripts, "fetch-then-serve");
        await File.WriteAllTextAsync(
            script,
            $$"""
            #!/bin/sh
            # PATH_INFO is /public/NAME.git/info/refs or …/git-upload-pack
            path=${PATH_INFO%/info/refs}
            path=${path%/git-upload-pack}
            mirror={{mirrors}}$path
            if [ ! -d "$mirror" ]; then
                git clone --quiet --mirror "{{primary.GetLeftPart(UriPartial.Authority)}}$path" "$mirror" >&2
            elif [ "$REQUEST_METHOD" = GET ]; then
                git -C "$mirror" fetch --quiet --prune >&2
            fi
            exec {{execPath}}/git-http-backend

            """
        );
        File.SetUnixFileMode(script, (UnixFileMode)0b111_101_101);
        await File.WriteAllTextAsync(
            _folder["httpd.conf"],
            $"""
            ServerName 127.0.0.1
            Listen 127.0.0.1:{port}
            PidFile {_folder["httpd.pid"]}
            {ApacheConfiguration.Load(s_modules)}
            {(Environment.IsPrivilegedProcess ? "User www-data\nGroup www-data" : "")}
            ErrorLog {_folder["error.log"]}
            DocumentRoot {home}
            MaxRequestWorkers 100
            ServerLimit 100
            KeepAlive On
            SetEnv GIT_PROJECT_ROOT {mirrors}
            SetEnv GIT_HTTP_EXPORT_ALL 1
            PassEnv HOME GIT_CONFIG_NOSYSTEM
            ScriptAlias / {scripts}/fetch-then-serve/
            <Directory {scripts}>
                Options ExecCGI
                Require all granted
            </Directory>

            """
        );
        _process = new Command("setsid", ApacheConfiguration.Program, "-d", _folder.FullPath, "-f", _folder["httpd.conf"], "-DFOREGROUND")
        {
            WorkingDirectory = _folder.FullPath,
            Environment = new Dictionary<string, string> { ["HOME"] = home, ["GIT_CONFIG_NOSYSTEM"] = "1" },
        }.Start();
        Process started = _process;
        await Eventually.TrueAsync(
            "the scripted mirror accepts connections",
            () =>
            {
                if (started.HasExited)
                {
                    throw new InvalidOperationException($"Apache ended at once: {started.StandardError.ReadToEnd()}");
                }

                return FreePort.IsServedAsync(port);
            }
        );
    }
}
