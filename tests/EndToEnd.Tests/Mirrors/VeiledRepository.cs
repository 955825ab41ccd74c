using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>
/// A repository of which alice sees everything and bob does not see refs called secret, mirrored by a node whose cache alice has warmed.
/// <code>
///   main       … main~7 … main~5 … main~3 … main
///                            \        `- refs/tags/secret/mark (annotated)
///                             S1 - S2   refs/heads/secret
/// </code>
/// </summary>
internal sealed class VeiledRepository
{
    private VeiledRepository(Station station, PrimaryRepository repository) => (Station, Repository) = (station, repository);

    public Station Station { get; }

    public PrimaryRepository Repository { get; }

    /// <summary>Every object that bob must not have, by kind: commits, trees, blobs and a tag.</summary>
    public IReadOnlyDictionary<string, string> Hidden { get; private set; } = new Dictionary<string, string>();

    public string Main { get; private set; } = "";

    /// <summary>Begins with commits that everybody sees; alice has cloned it through the node and the mirror is there.</summary>
    public static async Task<VeiledRepository> OpenAsync(Station station, string kind, int seed)
    {
        PrimaryRepository repository = await station.Primary.CreateAsync($"{kind}/{Guid.NewGuid():n}.git", new History(seed));
        return new VeiledRepository(station, repository) { Main = await repository.ResolveAsync("refs/heads/main") };
    }

    /// <summary>The same with the secret, which alice fetched through the node in several ways.</summary>
    public static async Task<VeiledRepository> WithSecretAsync(Station station, GitClient client, string kind, int seed)
    {
        VeiledRepository veiled = await OpenAsync(station, kind, seed);
        await veiled.AddSecretAsync("main~5");
        await veiled.Repository.GitAsync(
            "-c",
            "user.name=Sana",
            "-c",
            "user.email=sana@example.com",
            "tag",
            "--annotate",
            "--message=the mark is secret",
            "secret/mark",
            "main~3"
        );
        veiled.Hidden = new Dictionary<string, string>(veiled.Hidden)
        {
            ["tag"] = await veiled.Repository.ResolveAsync("refs/tags/secret/mark"),
        };
        await veiled.WarmAsync(client);
        for (int time = 0; time < 2; time++)
        {
            Assert.True((await AskAsync(0)).HasPack);

            // A primary that does not speak v2 shows no refs in it, so this needs the ticket of the fetch before. On a busy machine that
            // may be over.
            await Eventually.TrueAsync("alice gets it in v2", async () => (await AskAsync(0)).HasPack && (await AskAsync(2)).HasPack);
        }

        return veiled;

        Task<FetchGift> AskAsync(int version) =>
            veiled.AskAsync(
                "alice",
                new FetchWish
                {
                    Version = version,
                    Wants = [veiled.Hidden["tip"]],
                    Depth = 1,
                }
            );
    }

    /// <summary>Adds two commits that bob does not see on top of those that he sees.</summary>
    public async Task AddSecretAsync(string on)
    {
        await Repository.GitAsync("update-ref", "refs/heads/secret", await Repository.ResolveAsync(on));
        await Repository.CommitAsync("secret", "plans/inner.txt", "the inner plan " + Guid.NewGuid());
        await Repository.CommitAsync("secret", "plans/outer.txt", "the outer plan " + Guid.NewGuid());
        Hidden = new Dictionary<string, string>
        {
            ["tip"] = await Repository.ResolveAsync("refs/heads/secret"),
            ["commit"] = await Repository.ResolveAsync("refs/heads/secret~1"),
            ["tree"] = await Repository.ResolveAsync("refs/heads/secret^{tree}"),
            ["subtree"] = await Repository.ResolveAsync("refs/heads/secret:plans"),
            ["blob"] = await Repository.ResolveAsync("refs/heads/secret:plans/outer.txt"),
            ["inner blob"] = await Repository.ResolveAsync("refs/heads/secret~1:plans/inner.txt"),
        };
    }

    /// <summary>Alice clones through the node, and the mirror is there when this ends.</summary>
    public async Task WarmAsync(GitClient client)
    {
        double mirrors = await MirrorsAsync();
        await client.RunAsync(
            "clone",
            "--quiet",
            "--mirror",
            Station.Node.UrlOf(Repository, "alice").AbsoluteUri,
            Path.GetRandomFileName()
        );
        await Eventually.TrueAsync("the mirror is there", async () => await MirrorsAsync() > mirrors);
    }

    public Task<FetchGift> AskAsync(string user, FetchWish wish) => wish.SendAsync(Station.Node.Url, Repository, user);

    public Task<FetchGift> AskDirectAsync(string user, FetchWish wish) => wish.SendAsync(Station.Primary.Url, Repository, user);

    /// <summary>The node asks the primary: its response is passed on unchanged.</summary>
    public async Task<FetchGift> MustBeThePrimarysAsync(string user, FetchWish wish)
    {
        FetchGift direct = await AskDirectAsync(user, wish),
            through = await AskAsync(user, wish);
        // If the primary does not speak v2, the node learns nothing in it.
        bool isDeaf = wish.Version == 2 && Repository.Name.StartsWith("strict/", StringComparison.Ordinal);
        Assert.Equal($"waystation; fwd=bypass; detail={(isDeaf ? "not-accepted" : "not-visible")}", through.CacheStatus);
        if (Repository.Name.StartsWith("strict/", StringComparison.Ordinal) && wish.Wants.Any(Hidden.Values.Contains))
        {
            Assert.False(through.HasPack, $"{string.Join(' ', wish.Wants)}: this primary gives nothing that it does not show");
        }

        through.MustSayWhat(direct);
        return through;
    }

    private async Task<double> MirrorsAsync() => (await Station.Node.MetricsAsync()).Sum("waystation_mirrors");
}
