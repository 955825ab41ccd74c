namespace Waystation.TestKit.Servers;

/// <summary>
/// Real git as a person runs it, in a home and an environment of its own: nothing of the machine's configuration gets in.
/// </summary>
public sealed record GitClient
{
    private readonly Dictionary<string, string> _environment;

    public GitClient(TempFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        Folder = folder.FullPath;
        string home = folder.CreateFolder("home");
        File.WriteAllText(
            Path.Combine(home, ".gitconfig"),
            """
            [user]
                name = Sana
                email = sana@example.com
            [init]
                defaultBranch = main
            [gc]
                auto = 0
            [maintenance]
                auto = false
            [core]
                fsync = none
            [advice]
                detachedHead = false

            """
        );
        _environment = new()
        {
            ["HOME"] = home,
            ["LC_ALL"] = "C.UTF-8",
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["GIT_TERMINAL_PROMPT"] = "0",
        };
    }

    /// <summary>The folder in which commands run unless told otherwise.</summary>
    public string Folder { get; init; }

    /// <summary>Configuration of each command, as <c>name=value</c>.</summary>
    public IReadOnlyList<string> Configuration { get; init; } = [];

    /// <summary>Further variables, such as <c>GIT_SMART_HTTP</c>.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>The same client in one of its clones.</summary>
    public GitClient In(string name) => this with { Folder = Path.Combine(Folder, name) };

    /// <summary>The same client with one more piece of configuration.</summary>
    public GitClient With(string configuration) => this with { Configuration = [.. Configuration, configuration] };

    /// <summary>The same client speaking this protocol version.</summary>
    public GitClient Speaking(int protocolVersion) => With($"protocol.version={protocolVersion}");

    /// <summary>Runs git to its end, however it ends.</summary>
    public Task<CommandResult> TryAsync(params IReadOnlyList<string> arguments) => Git(arguments).RunAsync();

    /// <summary>Runs git; a failure fails the test with git's output.</summary>
    public Task<CommandResult> RunAsync(params IReadOnlyList<string> arguments) => Git(arguments).MustRunAsync();

    /// <summary>Runs git and returns its output, without the last line end.</summary>
    public async Task<string> ReadAsync(params IReadOnlyList<string> arguments) => (await RunAsync(arguments)).Output.TrimEnd('\n');

    /// <summary>Runs git and returns, beside its result, the <c>Cache-Status</c> headers of the answers in order.</summary>
    public async Task<(CommandResult Result, IReadOnlyList<string> CacheStatus)> TraceAsync(params IReadOnlyList<string> arguments)
    {
        (CommandResult result, IReadOnlyList<string> status) = await TryTraceAsync(arguments);
        return (result.MustSucceed(), status);
    }

    /// <summary>The same, however git ends.</summary>
    public async Task<(CommandResult Result, IReadOnlyList<string> CacheStatus)> TryTraceAsync(params IReadOnlyList<string> arguments)
    {
        const string Marker = "Recv header: cache-status:";
        string trace = Path.Combine(_environment["HOME"], Path.GetRandomFileName());
        Command traced = Git(arguments);
        traced = traced with
        {
            Environment = new Dictionary<string, string>(traced.Environment)
            {
                ["GIT_TRACE_CURL"] = trace,
                ["GIT_TRACE_CURL_NO_DATA"] = "1",
            },
        };
        CommandResult result = await traced.RunAsync();
        IEnumerable<string> lines = File.Exists(trace) ? await File.ReadAllLinesAsync(trace) : [];
        return (
            result,
            [
                .. lines
                    .Select(line => (Line: line, At: line.IndexOf(Marker, StringComparison.OrdinalIgnoreCase)))
                    .Where(found => found.At >= 0)
                    .Select(found => found.Line[(found.At + Marker.Length)..].Trim()),
            ]
        );
    }

    /// <summary>Git with all that surrounds it, for a test that starts and ends it by itself.</summary>
    public Command Git(params IReadOnlyList<string> arguments) =>
        new("git", [.. Configuration.SelectMany(setting => new[] { "-c", setting }), .. arguments])
        {
            WorkingDirectory = Folder,
            Environment = new Dictionary<string, string>(_environment.Concat(Variables)),
            Timeout = Timeout,
        };
}
