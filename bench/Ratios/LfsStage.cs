using Waystation.TestKit.Servers.Lfs;

namespace Waystation.Ratios;

/// <summary>A primary with LFS, and a node with its defaults in front of it.</summary>
internal sealed class LfsStage : IAsyncDisposable
{
    private readonly LfsFetch _client = new();
    private readonly WaystationNode _node;

    private LfsStage(LfsPrimary primary, WaystationNode node) => (Primary, _node) = (primary, node);

    public LfsPrimary Primary { get; }

    public static async Task<LfsStage> StartAsync()
    {
        LfsPrimary primary = await LfsPrimary.StartAsync();
        try
        {
            return new LfsStage(primary, await WaystationNode.StartAsync(primary.Url));
        }
        catch
        {
            await primary.DisposeAsync();
            throw;
        }
    }

    /// <summary>A repository that everybody may read, with these objects in its tip.</summary>
    public Task<PrimaryRepository> CreateAsync(string name, params IReadOnlyList<LfsContent> contents) =>
        CreateAsync(Primary, name, contents);

    /// <summary>The same at any primary.</summary>
    public static async Task<PrimaryRepository> CreateAsync(LfsPrimary primary, string name, params IReadOnlyList<LfsContent> contents)
    {
        PrimaryRepository repository = await primary.Git.CreateAsync($"public/{name}.git", new History(1) { Commits = 2 });
        foreach (LfsContent content in contents)
        {
            primary.Objects.Add(repository, content);
        }

        await repository.CommitPointersAsync(contents.Index().ToDictionary(static file => $"{file.Index}.bin", static file => file.Item));
        return repository;
    }

    /// <summary>The URL at which the node says that the object is.</summary>
    public Task<Uri> HrefAsync(PrimaryRepository repository, LfsContent content) => _client.HrefAsync(_node.UrlOf(repository), content);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _node.DisposeAsync();
        await Primary.DisposeAsync();
    }
}
