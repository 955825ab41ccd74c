using System.Diagnostics;

namespace Waystation.TestKit.Servers;

/// <summary>
/// A primary Git server as one finds it in the world: Apache with <c>git http-backend</c> behind it, on a port of its own.
/// <para>
/// <c>/public/*.git</c> is readable by all, <c>/private/*.git</c> by alice and bob, <c>/old/*.git</c> by all without protocol v2.
/// <c>/veiled/*.git</c> is readable by alice and bob, who does not see branches and tags called <c>secret</c> or <c>secret/…</c>;
/// <c>/strict/*.git</c> likewise, and without protocol v2, so that nothing is given by its id but what is shown.
/// Only alice may push. mallory's password is right, but the private repositories are refused to her with 403.
/// </para>
/// </summary>
public sealed class ApachePrimary : IAsyncDisposable
{
    /// <summary>Everyone's password is the name followed by this.</summary>
    public const string PasswordSuffix = "-secret";

    private readonly TempFolder _folder = new();
    private readonly string _repositories;
    private readonly PackHook _hook;
    private readonly Dictionary<string, string> _environment;
    private readonly int? _workers;
    private Process? _server;
    private int _port;

    private ApachePrimary(int? workers)
    {
        _workers = workers;
        _repositories = _folder.CreateSharedFolder("repositories");
        _hook = new PackHook(_folder, _repositories);
        _environment = new()
        {
            ["HOME"] = _folder.CreateSharedFolder("home"),
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            // Only a protected configuration, such as the global one, may name a packObjectsHook.
            ["GIT_CONFIG_GLOBAL"] = _folder["gitconfig"],
        };
    }

    public Uri Url => new($"http://127.0.0.1:{_port}/");

    /// <summary>The server's first process, which leads the session of all that it starts.</summary>
    public int ProcessId => _server?.Id ?? throw new InvalidOperationException("the server is not running");

    /// <summary>Where all repositories lie, and what notes their packs: for another door to the same ones.</summary>
    internal string RepositoriesFolder => _repositories;

    internal PackHook Hook => _hook;

    /// <summary>What the server and its scripts said when something went wrong.</summary>
    public string ErrorLog => File.Exists(_folder["error.log"]) ? File.ReadAllText(_folder["error.log"]) : "";

    /// <summary>The requests that have been answered; Apache writes each when its answer is complete.</summary>
    public IReadOnlyList<PrimaryRequest> Requests =>
        File.Exists(_folder["access.log"]) ? [.. File.ReadAllLines(_folder["access.log"]).Select(PrimaryRequest.Parse)] : [];

    /// <param name="workers">So many requests at a time, each over a connection of its own; null for more than any test has.</param>
    public static async Task<ApachePrimary> StartAsync(int? workers = null)
    {
        var primary = new ApachePrimary(workers);
        try
        {
            await primary.WriteFilesAsync();
            for (int attempt = 1; ; attempt++)
            {
                primary._port = FreePort.Find();
                try
                {
                    await primary.LaunchAsync();
                    return primary;
                }
                catch (InvalidOperationException)
                    when (attempt < 5 && primary.ErrorLog.Contains("Address already in use", StringComparison.Ordinal))
                {
                    // Another process took the port between our look and Apache's.
                }
            }
        }
        catch
        {
            await primary.DisposeAsync();
            throw;
        }
    }

    /// <summary>A URL at the primary, with the credential of a user when one is named.</summary>
    public Uri UrlOf(PrimaryRepository repository, string? user = null) => Url.To(repository, user);

    public async Task<PrimaryRepository> CreateAsync(string name, History? history = null, string objectFormat = "sha1")
    {
        var repository = new PrimaryRepository(name, Path.Combine(_repositories, name), _hook, _environment);
        await repository.InitializeAsync(objectFormat, history);
        return repository;
    }

    public bool Has(string name) => Directory.Exists(Path.Combine(_repositories, name));

    /// <summary>Takes a user's password away until the result is disposed.</summary>
    public IDisposable Revoke(string user)
    {
        string[] all = File.ReadAllLines(_folder["htpasswd"]);
        File.WriteAllLines(_folder["htpasswd"], all.Where(line => !line.StartsWith(user + ":", StringComparison.Ordinal)));
        return new Restored(_folder["htpasswd"], all);
    }

    /// <summary>Opens the gate at which the page <c>/drip</c> waits between its first and its second line.</summary>
    public void OpenDripGate() => File.WriteAllText(_folder["drip.open"], "");

    public void CloseDripGate() => File.Delete(_folder["drip.open"]);

    /// <summary>Ends the server as an administrator does.</summary>
    public async Task StopAsync()
    {
        if (_server is null)
        {
            return;
        }

        Unix.Terminate(_server.Id);
        await _server.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Kill();
    }

    /// <summary>Ends the server, its children and the scripts that they run, at one stroke and in the middle of whatever they do.</summary>
    public void Kill()
    {
        if (_server is null)
        {
            return;
        }

        Unix.KillGroup(_server.Id);
        _server.WaitForExit();
        _server.Dispose();
        _server = null;
    }

    /// <summary>Starts the server again, on the same port.</summary>
    public Task StartAgainAsync() => LaunchAsync();

    public ValueTask DisposeAsync()
    {
        Kill();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task WriteFilesAsync()
    {
        await File.WriteAllTextAsync(
            _folder["gitconfig"],
            $"""
            [safe]
                directory = *
            [http]
                receivepack = true
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
        var passwords = new List<string>();
        foreach (string user in (string[])["alice", "bob", "mallory"])
        {
            CommandResult hash = await new Command("openssl", "passwd", "-apr1", user + PasswordSuffix).MustRunAsync();
            passwords.Add($"{user}:{hash.Output.Trim()}");
        }

        await File.WriteAllLinesAsync(_folder["htpasswd"], passwords);
        await PrimaryPages.WriteAsync(_folder, await ExecPathAsync());
    }

    private async Task LaunchAsync()
    {
        string execPath = await ExecPathAsync();
        string configuration = _folder["httpd.conf"];
        await File.WriteAllTextAsync(configuration, ApacheConfiguration.Write(_folder, _port, _repositories, execPath, _workers));
        // A session of its own, so that it can be killed with all that it started.
        var command = new Command("setsid", ApacheConfiguration.Program, "-d", _folder.FullPath, "-f", configuration, "-DFOREGROUND")
        {
            WorkingDirectory = _folder.FullPath,
            Environment = _environment,
        };
        _server = command.Start();
        _ = _server.StandardOutput.ReadToEndAsync();
        Task<string> said = _server.StandardError.ReadToEndAsync();
        await Eventually.TrueAsync(
            "Apache accepts connections",
            async () =>
            {
                if (!_server.HasExited)
                {
                    return await FreePort.IsServedAsync(_port);
                }

                string complaint = await said;
                await File.AppendAllTextAsync(_folder["error.log"], complaint);
                throw new InvalidOperationException($"Apache ended at once:\n{complaint}\n{ErrorLog}");
            }
        );
    }

    private static async Task<string> ExecPathAsync() => (await new Command("git", "--exec-path").MustRunAsync()).Output.Trim();

    private sealed class Restored(string file, string[] lines) : IDisposable
    {
        public void Dispose() => File.WriteAllLines(file, lines);
    }
}
