namespace Waystation.TestKit.Servers;

/// <summary>One repository at the primary, and what is done to it there without any node in between.</summary>
public sealed class PrimaryRepository
{
    private readonly PackHook _hook;
    private readonly IReadOnlyDictionary<string, string> _environment;

    internal PrimaryRepository(string name, string folder, PackHook hook, IReadOnlyDictionary<string, string> environment)
    {
        Name = name;
        Folder = folder;
        this._hook = hook;
        this._environment = environment;
    }

    /// <summary>The path in the URL, without a leading slash: <c>public/widgets.git</c>.</summary>
    public string Name { get; }

    public string Folder { get; }

    /// <summary>How many packs the primary has made of this repository.</summary>
    public int PacksMade => _hook.PacksMade(Name).Count;

    /// <summary>Each pack from now on stops after so many bytes until the gate is disposed.</summary>
    public PackGate HoldPacks(long afterBytes) => _hook.Hold(Name, afterBytes);

    /// <summary>Each pack from now on begins so much later, until the order is taken back.</summary>
    public PackGate SlowPacks(TimeSpan by) => _hook.Slow(Name, by);

    /// <summary>Each pack from now on ends after so many bytes until the gate is disposed.</summary>
    public PackGate BreakPacks(PackBreak how, long afterBytes) => _hook.Break(Name, how, afterBytes);

    /// <summary>How long one git may take; a repository of the world's own needs minutes for what the others have at once.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromMinutes(2);

    public Task<CommandResult> GitAsync(params IReadOnlyList<string> arguments) => Git(arguments).MustRunAsync();

    public async Task<string> ResolveAsync(string revision) => (await GitAsync("rev-parse", "--verify", revision)).Output.Trim();

    /// <summary>Commits at the primary itself; returns the new tip.</summary>
    public async Task<string> CommitAsync(string branch = "main", string path = "news.txt", string? content = null)
    {
        content ??= Guid.NewGuid().ToString();
        await ImportAsync(stream => History.WriteCommitOnTopAsync(stream, branch, $"Change {path}\n", path, content));
        return await ResolveAsync("refs/heads/" + branch);
    }

    /// <summary>Puts a hook script into the repository, such as one that refuses a push.</summary>
    public void WriteHook(string name, string script)
    {
        string file = Path.Combine(Folder, "hooks", name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, script);
        File.SetUnixFileMode(file, (UnixFileMode)0b111_101_101);
    }

    internal async Task InitializeAsync(string objectFormat, History? history)
    {
        Directory.CreateDirectory(Folder);
        // Shared with everybody, because the server writes as another user than the test does.
        await GitAsync("init", "--quiet", "--bare", "--initial-branch=main", "--shared=0666", "--object-format=" + objectFormat, ".");
        await GitAsync("config", "core.bigFileThreshold", "512k");
        await GitAsync("config", "core.compression", "1");
        if (history is not null)
        {
            await ImportAsync(history.WriteAsync);
        }
    }

    /// <summary>Feeds <c>git fast-import</c>, which may move refs any way.</summary>
    public Task<CommandResult> ImportAsync(Func<Stream, Task> write) =>
        (Git("fast-import", "--quiet", "--done", "--force") with { Input = write }).MustRunAsync();

    private Command Git(params IReadOnlyList<string> arguments) =>
        new("git", arguments)
        {
            WorkingDirectory = Folder,
            Environment = _environment,
            Timeout = Patience,
        };
}
