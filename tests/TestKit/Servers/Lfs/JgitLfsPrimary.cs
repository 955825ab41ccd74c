using System.Diagnostics;
using System.Globalization;

namespace Waystation.TestKit.Servers.Lfs;

/// <summary>
/// A primary whose Git and whose LFS are JGit's: its servlets in Jetty, in a process of its own. The users are those of
/// <see cref="ApachePrimary"/>. It speaks Git's protocol v0 alone, has no locks and no ranges, and its hrefs serve everybody.
/// </summary>
public sealed class JgitLfsPrimary : IAsyncDisposable
{
    private static readonly string[] s_libraries =
    [
        .. new[]
        {
            "org.eclipse.jgit",
            "org.eclipse.jgit.http.server",
            "org.eclipse.jgit.lfs",
            "org.eclipse.jgit.lfs.server",
            "jetty9-server",
            "jetty9-servlet",
            "jetty9-http",
            "jetty9-io",
            "jetty9-util",
            "jetty9-security",
            "servlet-api",
            "gson",
            "slf4j-api",
            "slf4j-nop",
            "javaewah",
            "commons-logging",
            "httpcore",
        }.Select(static name => $"/usr/share/java/{name}.jar"),
    ];

    private static readonly Lazy<Task<string>> s_classes = new(CompileAsync);

    private readonly TempFolder _folder = new();
    private readonly PackHook _hook;
    private readonly string _repositories;
    private Process? _server;
    private int _port;

    private JgitLfsPrimary()
    {
        _repositories = _folder.CreateFolder("repositories");
        _hook = new PackHook(_folder, _repositories);
    }

    public Uri Url => new($"http://127.0.0.1:{_port}/");

    public static async Task<JgitLfsPrimary> StartAsync()
    {
        var primary = new JgitLfsPrimary();
        try
        {
            for (int attempt = 1; !await primary.TryLaunchAsync(); attempt++)
            {
                if (attempt == 5)
                {
                    throw new InvalidOperationException("Jetty does not start");
                }
            }

            return primary;
        }
        catch
        {
            await primary.DisposeAsync();
            throw;
        }
    }

    public Uri UrlOf(PrimaryRepository repository, string? user = null) => Url.To(repository, user);

    public async Task<PrimaryRepository> CreateAsync(string name, History? history = null)
    {
        var environment = new Dictionary<string, string> { ["HOME"] = _folder.FullPath, ["GIT_CONFIG_NOSYSTEM"] = "1" };
        var repository = new PrimaryRepository(name, Path.Combine(_repositories, name), _hook, environment);
        await repository.InitializeAsync("sha1", history);
        return repository;
    }

    public ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            _server.Kill();
            _server.WaitForExit();
            _server.Dispose();
        }

        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>False when another process has taken the port.</summary>
    private async Task<bool> TryLaunchAsync()
    {
        _port = FreePort.Find();
        string classPath = string.Join(':', [await s_classes.Value, .. s_libraries]);
        _server = new Command(
            "java",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            $"-Duser.home={_folder.FullPath}",
            "-cp",
            classPath,
            "JgitLfsServer",
            _port.ToString(CultureInfo.InvariantCulture),
            _repositories,
            _folder.CreateFolder("objects")
        )
        {
            WorkingDirectory = _folder.FullPath,
            Environment = new Dictionary<string, string> { ["HOME"] = _folder.FullPath },
        }.Start();
        _ = _server.StandardError.ReadToEndAsync();
        bool isReady = await _server.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1)) == "ready";
        _ = _server.StandardOutput.ReadToEndAsync();
        return isReady;
    }

    private static async Task<string> CompileAsync()
    {
        string classes = Directory.CreateDirectory(Path.Combine(Checkout.Root, "artifacts", "servers", "jgit-lfs")).FullName;
        string source = Path.Combine(Checkout.Root, "tests", "TestKit", "Servers", "Lfs", "JgitLfsServer.java");
        await new Command(
            "ecj",
            "-11",
            "-proc:none",
            "-nowarn",
            "-cp",
            string.Join(':', s_libraries),
            "-d",
            classes,
            source
        ).MustRunAsync();
        return classes;
    }
}
