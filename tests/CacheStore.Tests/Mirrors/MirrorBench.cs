using System.Buffers;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Mirrors.Upkeep;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests.Mirrors;

/// <summary>Mirrors of one test in a temporary folder, fed from a repository beside it by real git.</summary>
internal sealed class MirrorBench : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly Meter _meter = new("mirrors of a test");
    private readonly MirrorOptions _options;
    private readonly GitClient _client;
    private int _written;

    private MirrorBench(MirrorOptions options)
    {
        this._options = options;
        _client = new GitClient(_temp);
        Open();
    }

    public static readonly RepositoryName Widgets = new("git.example", "team/widgets.git");

    public ShiftedTime Time { get; } = new();

    public DataFolder Data { get; private set; } = null!;

    public GitProgram Git { get; private set; } = null!;

    public MirrorSet Mirrors { get; private set; } = null!;

    public ObjectQueries Objects { get; private set; } = null!;

    public MirrorUpkeep Upkeep { get; private set; } = null!;

    /// <summary>The source of the objects.</summary>
    public GitClient Source => _client.In("source");

    public static async Task<MirrorBench> OpenAsync(MirrorOptions? options = null, string format = "sha1")
    {
        var bench = new MirrorBench(options ?? new MirrorOptions());
        await bench._client.RunAsync("init", "--quiet", "--bare", "--initial-branch=main", "--object-format=" + format, "source");
        for (int commit = 0; commit < 5; commit++)
        {
            await bench.CommitAsync();
        }

        return bench;
    }

    /// <summary>A mirror of all that the source has now.</summary>
    public async Task<Mirror> MakeAsync(RepositoryName? name = null)
    {
        Assert.True(ObjectFormats.TryParse(await Source.ReadAsync("rev-parse", "--show-object-format"), out ObjectFormat format));
        Mirror prepared = await Mirrors.PrepareAsync(name ?? Widgets, format, isOfStrangers: false, CancellationToken.None);
        IReadOnlyList<RefTip> tips = await TipsAsync();
        ObjectId[] wants = [.. tips.Select(static tip => tip.Id).Distinct()];
        await TakeAsync(prepared, await PackAsync(wants, []), wants, isWhole: true);
        prepared.SetRefs(new MirrorRefs(tips), mayOrphan: false);
        prepared.NoteRefsSet(areLedTo: true);
        return Mirrors.Publish(prepared);
    }

    /// <summary>Does the work of a sync: brings new objects and the refs.</summary>
    public async Task SyncAsync(Mirror mirror, bool mayOrphan = false)
    {
        using IDisposable turn = await mirror.ChangeAsync(CancellationToken.None);
        IReadOnlyList<RefTip> tips = await TipsAsync();
        ObjectId[] wants = [.. tips.Select(static tip => tip.Id).Distinct()],
            haves = [.. mirror.Refs.Tips.Select(static tip => tip.Id).Distinct()];
        if (wants.Except(haves).Any())
        {
            await TakeAsync(mirror, await PackAsync(wants, haves), wants, isWhole: false);
        }

        mirror.SetRefs(new MirrorRefs(tips), mayOrphan);
        mirror.NoteRefsSet(areLedTo: true);
    }

    /// <summary>Feeds an intake to its end.</summary>
    public async Task<Brought> TakeAsync(
        Mirror mirror,
        byte[] pack,
        IReadOnlyCollection<ObjectId> wanted,
        bool isWhole,
        params ObjectId[] shown
    )
    {
        await using var intake = new PackQuarantine(Git, Data, Mirrors, mirror, isWhole, CancellationToken.None);
        await intake.WriteAsync(new ReadOnlySequence<byte>(pack), CancellationToken.None);
        return await intake.CompleteAsync(wanted, shown);
    }

    /// <summary>A thin pack of the objects that these lead to and those do not.</summary>
    public async Task<byte[]> PackAsync(IEnumerable<ObjectId> wants, IEnumerable<ObjectId> haves, params string[] options)
    {
        string revisions = string.Concat(wants.Select(static id => id + "\n")) + string.Concat(haves.Select(static id => "^" + id + "\n"));
        string file = _temp[$"{Interlocked.Increment(ref _written)}.in"];
        await File.WriteAllTextAsync(file, revisions);
        string pack = Path.ChangeExtension(file, ".pack");
        await new Command(
            "sh",
            "-c",
            $"git pack-objects --quiet --revs --thin --stdout --delta-base-offset {string.Join(' ', options)} <'{file}' >'{pack}'"
        )
        {
            WorkingDirectory = Source.Folder,
        }.MustRunAsync();
        return await File.ReadAllBytesAsync(pack);
    }

    /// <summary>One more commit on a branch, of so many bytes that do not compress.</summary>
    public Task<ObjectId> CommitAsync(string branch = "main", int bytes = 200) => CommitAsync(branch, TextOf(bytes));

    public static string TextOf(int bytes) =>
        Convert.ToBase64String(Random.Shared.GetItems<byte>([.. Enumerable.Range(0, 256).Select(static value => (byte)value)], bytes));

    /// <summary>One more commit on a branch, with this text in a file.</summary>
    /// <param name="branch">Which branch.</param>
    /// <param name="text">The content of the file, in ASCII.</param>
    /// <param name="file">Its name; by default one of seven in turn.</param>
    public async Task<ObjectId> CommitAsync(string branch, string text, string? file = null)
    {
        int number = Interlocked.Increment(ref _written);
        bool exists = (await Source.TryAsync("rev-parse", "--verify", "--quiet", $"refs/heads/{branch}")).ExitCode == 0;
        string script =
            $"commit refs/heads/{branch}\ncommitter Sana <sana@example.com> {History.FirstCommitTime + number} +0000\ndata 1\nC\n"
            + (exists ? $"from refs/heads/{branch}^0\n" : "")
            + $"M 100644 inline {file ?? $"f{number % 7}"}\ndata {text.Length}\n{text}\ndone\n";
        await (
            Source.Git("fast-import", "--quiet", "--done") with
            {
                Input = stream => stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(script)).AsTask(),
            }
        ).MustRunAsync();
        return await ResolveAsync($"refs/heads/{branch}");
    }

    public async Task<ObjectId> ResolveAsync(string revision) => ObjectId.Parse(await Source.ReadAsync("rev-parse", "--verify", revision));

    /// <summary>Git in the mirror itself, only for reading.</summary>
    public Task<string> ExamineAsync(Mirror mirror, params IReadOnlyList<string> arguments) =>
        _client.ReadAsync(["--git-dir", mirror.Repository, "-c", "safe.directory=*", .. arguments]);

    public Task<CommandResult> TryExamineAsync(Mirror mirror, params IReadOnlyList<string> arguments) =>
        _client.TryAsync(["--git-dir", mirror.Repository, "-c", "safe.directory=*", .. arguments]);

    /// <summary>The mirror and all that lies in it are sound, and its refs lead to nothing that is missing.</summary>
    public async Task AssertSoundAsync(Mirror mirror)
    {
        Assert.True(mirror.Stamps.AllHold(), string.Join(' ', mirror.Stamps.Suspects()));
        await ExamineAsync(mirror, "fsck", "--full", "--strict", "--no-dangling", "--no-progress");
        Assert.Equal(
            await Source.ReadAsync("rev-list", "--objects", "--all", "--count"),
            await ExamineAsync(mirror, "rev-list", "--objects", "--all", "--count")
        );
    }

    /// <summary>The pack is a whole clone of depth 1 of this commit, and nothing more.</summary>
    public async Task AssertShallowCloneAsync(byte[] pack, ObjectId tip)
    {
        GitClient clone = _client.In($"clone-{Interlocked.Increment(ref _written)}");
        await _client.RunAsync(
            "init",
            "--quiet",
            "--bare",
            $"--object-format={await Source.ReadAsync("rev-parse", "--show-object-format")}",
            clone.Folder
        );
        await (clone.Git("index-pack", "--stdin") with { Input = stream => stream.WriteAsync(pack).AsTask() }).MustRunAsync();
        await File.WriteAllTextAsync(Path.Combine(clone.Folder, "shallow"), $"{tip}\n");
        await clone.RunAsync("update-ref", "refs/heads/main", tip.ToString());
        await clone.RunAsync("fsck", "--full", "--strict", "--no-progress");
        string objects = await clone.ReadAsync("rev-list", "--objects", "--count", "--all");
        Assert.Equal(await Source.ReadAsync("rev-list", "--objects", "--count", "-1", tip.ToString()), objects);
        Assert.Contains($"in-pack: {objects}", await clone.ReadAsync("count-objects", "-v"), StringComparison.Ordinal);
    }

    public static string[] FilesOf(Mirror mirror, string pattern) => Directory.GetFiles(Path.Combine(mirror.Objects, "pack"), pattern);

    /// <summary>Flips a bit in the middle of a file that git has made read-only.</summary>
    public static void Flip(string file)
    {
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        byte[] bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(file, bytes);
    }

    /// <summary>Closes everything, as the end of a node does, lets something happen to its files, and opens it again.</summary>
    public void Restart(Action? whileClosed = null)
    {
        Data.Dispose();
        whileClosed?.Invoke();
        Open();
    }

    public void Dispose()
    {
        Data.Dispose();
        _meter.Dispose();
        _temp.Dispose();
    }

    private void Open()
    {
        Data = new DataFolder(_temp["data"], Time);
        Git = new GitProgram(Data, NullLogger<GitProgram>.Instance);
        Mirrors = new MirrorSet(
            Data,
            new SpaceBudget(Data, new DiskOptions(), new StrangerOptions(), TimeProvider.System),
            _options,
            Git,
            new StoreMeters(_meter),
            NullLogger<MirrorSet>.Instance
        );
        Objects = new ObjectQueries(Git, new LookupLimiter(new MirrorOptions(), TimeProvider.System), TimeProvider.System);
        Upkeep = new MirrorUpkeep(Git, Data, Mirrors, _options, Time, new Complaints());
    }

    private async Task<IReadOnlyList<RefTip>> TipsAsync()
    {
        CommandResult head = await Source.TryAsync("rev-parse", "--verify", "--quiet", "HEAD");
        return
        [
            .. head.ExitCode == 0 ? [new RefTip("HEAD", ObjectId.Parse(head.Output.Trim()), null, null)] : (RefTip[])[],
            .. await BranchesAsync(),
        ];
    }

    private async Task<IReadOnlyList<RefTip>> BranchesAsync() =>
        [
            .. (await Source.ReadAsync("for-each-ref", "--format=%(refname) %(objectname) %(*objectname)"))
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(static line => line.TrimEnd().Split(' '))
                .Select(static parts => new RefTip(
                    parts[0],
                    ObjectId.Parse(parts[1]),
                    parts.Length > 2 ? ObjectId.Parse(parts[2]) : null,
                    null
                )),
        ];
}

/// <summary>Nothing that upkeep does may fail here.</summary>
internal sealed class Complaints : ILogger<MirrorUpkeep>
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        if (logLevel >= LogLevel.Warning)
        {
            throw new InvalidOperationException(formatter(state, exception));
        }
    }
}

/// <summary>The system's time, some way on.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    public TimeSpan Shift { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
}
