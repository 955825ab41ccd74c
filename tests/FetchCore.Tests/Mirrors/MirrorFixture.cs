using System.Buffers.Binary;
using System.Text;
using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests.Mirrors;

/// <summary>
/// The core with real mirrors: git makes them from the packs of a <see cref="GitPrimary"/>, under a clock that tests turn.
/// </summary>
internal sealed class MirrorFixture : IAsyncDisposable
{
    /// <summary>The user in tests in which the user does not matter.</summary>
    public const string Alice = "alice";

    /// <summary>A commit, its tree and its three files.</summary>
    public const int ObjectsOfATip = 5;

    public static readonly RepositoryName Repository = CoreFixture.Repository;

    private readonly TempFolder _folder = new();
    private readonly CredentialDigester _digester = new();
    private readonly GitClient _client;
    private int _commits;
    private int _examined;

    private MirrorFixture(MirrorOptions? options, StrangerOptions? strangers, ObjectFormat format)
    {
        Format = format;
        _client = new GitClient(_folder);
        Source = _client.In("source");
        Primary = new GitPrimary(Source, Time);
        Core = new CoreParts(_folder["data"], Time, options ?? new MirrorOptions(), Services, strangers: strangers);
    }

    public ManualTime Time { get; } = new();

    /// <summary>The repository at the primary.</summary>
    public GitClient Source { get; }

    public GitPrimary Primary { get; }

    /// <summary>The service credential; it has no user until a test gives it one.</summary>
    public ServiceUser Services { get; } = new();

    public CoreParts Core { get; }

    public ObjectFormat Format { get; }

    /// <summary>The repository's mirror.</summary>
    public Mirror Mirror => Core.Mirrors.Find(Repository) ?? throw new InvalidOperationException("there is no mirror");

    public string ObjectsOfTheMirror => Path.Combine(FolderOfTheMirror, "objects");

    private string FolderOfTheMirror => Path.Combine(Directory.GetDirectories(Path.Combine(_folder["data"], "mirrors")).Single(), "git");

    /// <summary>A primary with five commits on <c>main</c>.</summary>
    public static async Task<MirrorFixture> OpenAsync(
        MirrorOptions? options = null,
        StrangerOptions? strangers = null,
        ObjectFormat format = ObjectFormat.Sha1
    )
    {
        var fixture = new MirrorFixture(options, strangers, format);
        await fixture._client.RunAsync("init", "--quiet", "--bare", "--initial-branch=main", $"--object-format={format.Name}", "source");
        for (int commit = 0; commit < 5; commit++)
        {
            await fixture.CommitAsync();
        }

        return fixture;
    }

    /// <summary>The same, and a full clone has become its mirror.</summary>
    public static async Task<MirrorFixture> OpenWithMirrorAsync(MirrorOptions? options = null)
    {
        MirrorFixture fixture = await OpenAsync(options);
        await fixture.CloneAsync();
        return fixture;
    }

    /// <summary>One more commit on a branch at the primary; a new branch begins with a history of its own.</summary>
    public async Task<ObjectId> CommitAsync(string branch = "main")
    {
        int number = ++_commits;
        bool exists = (await Source.TryAsync("rev-parse", "--verify", "--quiet", $"refs/heads/{branch}")).ExitCode == 0;
        string text = string.Concat(Enumerable.Range(0, 20).Select(line => $"line {line} of commit {number}\n"));
        string script =
            $"commit refs/heads/{branch}\ncommitter Sana <sana@example.com> {History.FirstCommitTime + number} +0000\ndata 1\nC\n"
            + (exists ? $"from refs/heads/{branch}^0\n" : "")
            + $"M 100644 inline f{number % 3}\ndata {text.Length}\n{text}\ndone\n";
        await (
            Source.Git("fast-import", "--quiet", "--done", "--force") with
            {
                Input = stream => stream.WriteAsync(Encoding.ASCII.GetBytes(script)).AsTask(),
            }
        ).MustRunAsync();
        return await ResolveAsync($"refs/heads/{branch}");
    }

    public async Task<ObjectId> ResolveAsync(string revision) => ObjectId.Parse(await Source.ReadAsync("rev-parse", "--verify", revision));

    /// <summary>Clones in full through the node and waits until the clone has become the mirror.</summary>
    public async Task CloneAsync(string user = Alice)
    {
        AccessView view = await ShowAsync(user);
        await ReadAsync(user, CoreFixture.Clone([.. MirrorBootstrap.TipsOf(view)]));
        await Eventually.TrueAsync("the clone has become the mirror", () => Core.Mirrors.Find(Repository) is not null);
    }

    /// <summary>Waits until no first mirror is being made.</summary>
    public Task MakingEndsAsync() => Core.Work.Find("first mirror", Repository) ?? Task.CompletedTask;

    /// <summary>The primary's present listing for a user.</summary>
    public async Task<AccessView> ShowAsync(string user = Alice)
    {
        LsRefsRequest question = LsRefsRequest.All(Format);
        await using PrimaryReply reply = await Primary.For(user).LsRefsAsync(question, CancellationToken.None);
        var reader = new LsRefsReader(Format);
        using var body = new MemoryStream();
        await reply.Body.CopyToAsync(body);
        reader.Read(body.ToArray());
        Assert.True(reader.IsComplete);
        return new AccessView([RefListing.Of(question, reader)]);
    }

    /// <summary>A requester in the name of a user, with the primary's present listing.</summary>
    public async Task<SyncRequester> AskerAsync(string user = Alice) => AskerOf(await ShowAsync(user), user);

    public SyncRequester AskerOf(AccessView view, string user = Alice) => new(view, Primary.For(user), 2, static _ => { });

    /// <summary>The credential of a user; without a name, that of a client without a login.</summary>
    public Credential CredentialOf(string user) => _digester.Digest(user.Length > 0 ? [new("header authorization", user)] : []);

    /// <summary>A fetch through the ladder.</summary>
    public Task<FetchAnswer> FetchAsync(
        string user,
        FetchRequest request,
        VisibilityRule rule = VisibilityRule.Advertised,
        ResponseFraming? framing = null
    )
    {
        return Core.Service.FetchAsync(CallOf(user, request, rule, framing), CancellationToken.None);
    }

    /// <summary>A fetch that begins now.</summary>
    public FetchCall CallOf(
        string user,
        FetchRequest request,
        VisibilityRule rule = VisibilityRule.Advertised,
        ResponseFraming? framing = null
    )
    {
        var asked = new ParsedCommand.Fetch(request, framing ?? ResponseFraming.V2);
        return new FetchCall(
            Repository,
            CredentialOf(user),
            asked.Request,
            asked.Framing,
            rule,
            Primary.For(user, asked),
            Core.Observer.Begin("test", Repository, CredentialOf(user), Core.Observer.Now, CancellationToken.None)
        );
    }

    /// <summary>A fetch through the ladder, its pack read whole: how it was served, and how many objects it has.</summary>
    public async Task<(FetchOutcome Outcome, int Objects)> ReadAsync(string user, FetchRequest request, ResponseFraming? framing = null)
    {
        var answer = Assert.IsType<FetchAnswer.Pack>(await FetchAsync(user, request, framing: framing));
        byte[] pack = await CoreFixture.ReadAsync(answer);
        return (answer.Outcome, BinaryPrimitives.ReadInt32BigEndian(pack.AsSpan(8)));
    }

    /// <summary>A clone of depth 1 of these tips.</summary>
    public static FetchRequest Shallow(params ObjectId[] wants) => CoreFixture.Clone(wants) with { Depth = 1 };

    /// <summary>A fetch of these by a client that has those.</summary>
    public static FetchRequest Update(ObjectId[] wants, params ObjectId[] haves) => CoreFixture.Clone(wants) with { Haves = haves };

    /// <summary>Brings the mirror to the primary's present listing, as a fetch would.</summary>
    public async Task<bool> SyncAsync(string user = Alice)
    {
        SyncRequester asker = await AskerAsync(user);
        return await Core.Sync.EnsureAsync(Mirror, asker, [.. MirrorBootstrap.TipsOf(asker.View)], withTags: false, CancellationToken.None);
    }

    /// <summary>The mirror is sound, and its refs lead to nothing that is missing.</summary>
    public async Task AssertSoundAsync()
    {
        string refs = string.Concat(Mirror.Refs.Tips.Where(static tip => tip.Name != "HEAD").Select(static tip => $"{tip.Id}\n"));
        GitClient examiner = _client.With("safe.directory=*").In("data");
        string repository = Path.Combine(Directory.GetDirectories(Path.Combine(examiner.Folder, "mirrors")).Single(), "git");
        await examiner.RunAsync("--git-dir", repository, "fsck", "--full", "--strict", "--no-dangling", "--no-progress");
        await (
            examiner.Git("--git-dir", repository, "rev-list", "--objects", "--stdin", "--count") with
            {
                Input = stream => stream.WriteAsync(Encoding.ASCII.GetBytes(refs)).AsTask(),
            }
        ).MustRunAsync();
    }

    /// <summary>Files of the pack cache.</summary>
    public FileInfo[] FilesOfThePackCache(string pattern) =>
        new DirectoryInfo(_folder["data/packs"]).GetFiles(pattern, SearchOption.AllDirectories);

    /// <summary>A pack taken apart by git in a new repository, which must have no other objects: its ids, in order.</summary>
    public async Task<IReadOnlyList<string>> IdsOfAsync(byte[] pack, bool isComplete)
    {
        string name = $"unpacked-{++_examined}";
        await _client.RunAsync("init", "--quiet", "--bare", $"--object-format={Format.Name}", name);
        GitClient git = _client.In(name);
        await (
            git.Git(["index-pack", "--stdin", .. isComplete ? ["--strict", "--fsck-objects"] : (string[])[]]) with
            {
                Input = stream => stream.WriteAsync(pack).AsTask(),
            }
        ).MustRunAsync();
        if (isComplete)
        {
            await git.RunAsync("fsck", "--full", "--strict", "--no-dangling", "--no-progress");
        }

        string index = Directory.GetFiles(Path.Combine(git.Folder, "objects", "pack"), "*.idx").Single();
        string listed = await new Command("sh", "-c", $"git show-index --object-format={Format.Name} <'{index}'")
        {
            WorkingDirectory = git.Folder,
        }.MustRunAsync()
            is { } result
            ? result.Output
            : "";
        Directory.Delete(git.Folder, recursive: true);
        string[] ids = [.. listed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' ')[1])];
        Assert.Equal(BinaryPrimitives.ReadInt32BigEndian(pack.AsSpan(8)), ids.Length);
        return ids;
    }

    /// <summary>Files in the mirror's folder of packs.</summary>
    public string[] FilesOfTheMirror(string pattern) => Directory.GetFiles(Path.Combine(FolderOfTheMirror, "objects", "pack"), pattern);

    /// <summary>A thin pack of the objects that these lead to and those do not, as git pushes it.</summary>
    public async Task<byte[]> PackAsync(GitClient from, IEnumerable<ObjectId> wants, IEnumerable<ObjectId> haves)
    {
        string name = _folder[$"pack-{++_examined}"];
        await File.WriteAllTextAsync(
            name,
            string.Concat(wants.Select(static id => $"{id}\n")) + string.Concat(haves.Select(static id => $"^{id}\n"))
        );
        await new Command("sh", "-c", $"git pack-objects --quiet --revs --thin --stdout <'{name}' >'{name}.pack'")
        {
            WorkingDirectory = from.Folder,
        }.MustRunAsync();
        return await File.ReadAllBytesAsync(name + ".pack");
    }

    /// <summary>Another repository with all that the primary has, to make pushes in.</summary>
    public async Task<GitClient> CloneSourceAsync(string name = "pusher")
    {
        await _client.RunAsync("clone", "--quiet", Source.Folder, name);
        return _client.In(name);
    }

    public async ValueTask DisposeAsync()
    {
        await Core.DisposeAsync();
        _folder.Dispose();
    }
}
