using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>A primary with LFS and a node in front of it.</summary>
public sealed class LfsStation : IAsyncLifetime
{
    private LfsPrimary? _primary;
    private WaystationNode? _node;
    private int _named;

    public TempFolder Folder { get; } = new();

    public LfsPrimary Primary => _primary ?? throw new InvalidOperationException("not started");

    public WaystationNode Node => _node ?? throw new InvalidOperationException("not started");

    /// <summary>The files in which the node keeps this object.</summary>
    public IReadOnlyList<string> FilesOf(string oid) =>
        [
            .. Directory
                .EnumerateFiles(Node.DataFolder, "*", SearchOption.AllDirectories)
                .Where(file => Path.GetRelativePath(Node.DataFolder, file).Replace("/", "", StringComparison.Ordinal).Contains(oid)),
        ];

    public Task InitializeAsync() => StartAsync();

    public async Task StartAsync(LfsBehaviour? behaviour = null, NodeSettings? settings = null)
    {
        try
        {
            _primary = await LfsPrimary.StartAsync(behaviour);
            _node = await WaystationNode.StartAsync(_primary.Url, settings);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>A person's git with LFS, in the folder of the station.</summary>
    public GitClient Client() => new GitClient(Folder).WithLfs();

    /// <summary>A name for a clone.</summary>
    public string NewName() => $"clone-{Interlocked.Increment(ref _named)}";

    /// <summary>A private repository with these objects in its tip, as <c>0.bin</c>, <c>1.bin</c> and so on.</summary>
    public async Task<PrimaryRepository> CreateAsync(params IReadOnlyList<LfsContent> contents)
    {
        PrimaryRepository repository = await Primary.Git.CreateAsync($"private/{Guid.NewGuid():n}.git", new History(21) { Commits = 6 });
        foreach (LfsContent content in contents)
        {
            Primary.Objects.Add(repository, content);
        }

        if (contents.Count > 0)
        {
            await repository.CommitPointersAsync(
                contents.Index().ToDictionary(static file => $"{file.Index}.bin", static file => file.Item)
            );
        }

        return repository;
    }

    /// <summary>Clones through the node, and checks every byte of every object; returns the clone.</summary>
    public async Task<GitClient> CloneAsync(PrimaryRepository repository, IReadOnlyList<LfsContent> contents, string user = "alice")
    {
        string name = NewName();
        GitClient client = Client();
        await client.RunAsync("clone", "--quiet", Node.UrlOf(repository, user).AbsoluteUri, name);
        await AssertHasAsync(client.In(name), contents);
        return client.In(name);
    }

    /// <summary>Tries to clone through the node.</summary>
    public async Task<CommandResult> TryCloneAsync(PrimaryRepository repository, string user = "alice") =>
        await Client().TryAsync("clone", "--quiet", Node.UrlOf(repository, user).AbsoluteUri, NewName());

    public static async Task AssertHasAsync(GitClient clone, IReadOnlyList<LfsContent> contents)
    {
        for (int i = 0; i < contents.Count; i++)
        {
            byte[] found = await clone.FileAsync($"{i}.bin");
            Assert.Equal(contents[i].Oid, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(found)));
        }
    }

    /// <summary>Waits until so many batch requests for a repository have come to the primary.</summary>
    public Task BatchesAsync(PrimaryRepository repository, int count) =>
        Eventually.TrueAsync(
            $"{count} batch requests have come",
            () => Primary.Requests.All.Count(one => one.Kind == LfsRequestKind.Batch && one.Repository == repository.Name) >= count,
            TimeSpan.FromMinutes(1)
        );

    public async Task DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        if (_primary is not null)
        {
            await _primary.DisposeAsync();
        }

        Folder.Dispose();
    }
}
