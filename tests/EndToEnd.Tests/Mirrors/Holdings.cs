using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>A bare repository that takes packs as a client does: afterwards it has the objects that the client got.</summary>
internal sealed class Holdings
{
    private readonly GitClient _git;

    private Holdings(GitClient git) => this._git = git;

    /// <summary>An empty one.</summary>
    public static async Task<Holdings> EmptyAsync(GitClient client)
    {
        string name = "holdings-" + Guid.NewGuid().ToString("n")[..8];
        await client.RunAsync("init", "--quiet", "--bare", name);
        return new Holdings(client.In(name));
    }

    /// <summary>One that begins with all that these revisions of a repository lead to.</summary>
    public static async Task<Holdings> OfAsync(GitClient client, PrimaryRepository repository, params string[] revisions)
    {
        Holdings holdings = await EmptyAsync(client);
        string[] ids = await Task.WhenAll(revisions.Select(repository.ResolveAsync));
        await holdings._git.RunAsync(["-c", "protocol.version=2", "fetch", "--quiet", "--no-tags", repository.Folder, .. ids]);
        return holdings;
    }

    /// <summary>Takes a pack in; fails if the pack needs a missing object, or is damaged.</summary>
    public async Task TakeAsync(FetchGift gift)
    {
        Assert.True(gift.HasPack, $"no pack: {gift.Refusal} {gift.Text}");
        await (
            _git.Git("index-pack", "--stdin", "--fix-thin") with
            {
                Input = stream => stream.WriteAsync(gift.Pack).AsTask(),
            }
        ).MustRunAsync();
    }

    public async Task<IReadOnlySet<string>> ObjectsAsync() =>
        (await _git.ReadAsync("cat-file", "--batch-all-objects", "--batch-check=%(objectname)"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .ToHashSet(StringComparer.Ordinal);
}
