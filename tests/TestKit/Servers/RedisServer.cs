using System.Diagnostics;
using System.Globalization;

namespace Waystation.TestKit.Servers;

/// <summary>
/// A real redis-server on a loopback port of its own. It writes each change to a file before it answers, so that it can be killed and
/// started again with everything that it had.
/// </summary>
public sealed class RedisServer : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly RedisSettings _settings;
    private Process? _server;
    private IDisposable? _frozen;

    private RedisServer(RedisSettings settings) => _settings = settings;

    public int Port { get; private set; }

    /// <summary>Host and port, as <c>--redis</c> takes them.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    public int ProcessId => _server?.Id ?? throw new InvalidOperationException("the server is not running");

    public bool IsRunning => _server is { HasExited: false };

    /// <summary>What the server wrote to its log.</summary>
    public string Log => File.Exists(_folder["redis.log"]) ? File.ReadAllText(_folder["redis.log"]) : "";

    public static async Task<RedisServer> StartAsync(RedisSettings? settings = null)
    {
        var redis = new RedisServer(settings ?? new RedisSettings());
        try
        {
            for (int attempt = 1; ; attempt++)
            {
                redis.Port = FreePort.Find();
                try
                {
                    await redis.LaunchAsync();
                    return redis;
                }
                catch (InvalidOperationException)
                    when (attempt < 5 && redis.Log.Contains("Address already in use", StringComparison.Ordinal))
                {
                    // Another process took the port between our look and that of the server.
                }
            }
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the server as a power cut does.</summary>
    public void Kill()
    {
        if (_server is null)
        {
            return;
        }

        Unix.Kill(_server.Id);
        _server.WaitForExit();
        _server.Dispose();
        _server = null;
        _frozen = null;
    }

    /// <summary>Holds the server where it is: it keeps its connections, takes new ones, and answers nothing.</summary>
    public void Freeze() => _frozen ??= Unix.Pause(ProcessId);

    /// <summary>Lets a frozen server go on.</summary>
    public void Thaw()
    {
        _frozen?.Dispose();
        _frozen = null;
    }

    /// <summary>Starts the server again on the same port.</summary>
    /// <param name="isEmpty">Whether it has forgotten everything.</param>
    public Task StartAgainAsync(bool isEmpty)
    {
        Kill();
        if (isEmpty)
        {
            Directory.Delete(_folder["data"], recursive: true);
        }

        return LaunchAsync();
    }

    /// <summary>Runs one command as the administrator, with redis-cli, and returns what it printed.</summary>
    public async Task<string> RunAsync(params IReadOnlyList<string> command) => (await Client(command).MustRunAsync()).Output.TrimEnd('\n');

    public ValueTask DisposeAsync()
    {
        Kill();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task LaunchAsync()
    {
        _folder.CreateFolder("data");
        string configuration = _folder["redis.conf"];
        if (!File.Exists(configuration) || !(await File.ReadAllTextAsync(configuration)).Contains(PortLine, StringComparison.Ordinal))
        {
            // A sentinel and a node of a cluster write into their configuration: it is made once for each port.
            await File.WriteAllLinesAsync(configuration, Configuration());
        }

        _server = new Command("redis-server", [configuration, .. _settings.Arguments]) { WorkingDirectory = _folder.FullPath }.Start();
        _ = _server.StandardOutput.ReadToEndAsync();
        _ = _server.StandardError.ReadToEndAsync();
        await Eventually.TrueAsync(
            "Redis answers",
            async () =>
                _server.HasExited
                    ? throw new InvalidOperationException($"Redis ended at once:\n{Log}")
                    : (await Client(["PING"]).RunAsync()).Output.StartsWith("PONG", StringComparison.Ordinal)
        );
    }

    private string PortLine => string.Create(CultureInfo.InvariantCulture, $"port {Port}\n");

    private IEnumerable<string> Configuration()
    {
        yield return "bind 127.0.0.1";
        yield return "daemonize no";
        yield return "protected-mode no";
        yield return $"logfile {_folder["redis.log"]}";
        yield return $"dir {_folder["data"]}";
        if (_settings.Tls is { } tls)
        {
            yield return $"tls-{PortLine.TrimEnd()}";
            yield return "port 0";
            yield return $"tls-cert-file {tls.Certificate}";
            yield return $"tls-key-file {tls.Key}";
            yield return $"tls-ca-cert-file {tls.Authority}";
            yield return "tls-auth-clients no";
        }
        else
        {
            yield return PortLine.TrimEnd();
        }

        if (!_settings.Arguments.Contains("--sentinel"))
        {
            yield return "save \"\"";
            yield return "appendonly yes";
            // What was written to the file outlives a kill of the process; only the machine's own death would need a flush.
            yield return "appendfsync no";
            yield return string.Create(CultureInfo.InvariantCulture, $"maxmemory {_settings.MaxMemory}");
            yield return "maxmemory-policy noeviction";
        }

        // The administrator, for the tests themselves.
        yield return "user admin on >admin ~* &* +@all";
        if (!_settings.IsDefaultUserOpen)
        {
            yield return "user default off";
        }

        if (_settings.User is { } user)
        {
            yield return $"user {user} on >{_settings.Password} {string.Join(' ', _settings.Rules)}";
        }

        foreach (string line in _settings.Further)
        {
            yield return line;
        }
    }

    private Command Client(IReadOnlyList<string> command)
    {
        string[] tls = _settings.Tls is { } files ? ["--tls", "--cacert", files.Authority] : [];
        return new(
            "redis-cli",
            [
                "-h",
                "127.0.0.1",
                "-p",
                Port.ToString(CultureInfo.InvariantCulture),
                "--user",
                "admin",
                "--pass",
                "admin",
                "--no-auth-warning",
                .. tls,
                .. command,
            ]
        );
    }
}
