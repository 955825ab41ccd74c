using System.Text.RegularExpressions;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Warming;

/// <summary>A repository whose mirror the node has, and a clone of alice's, through the node, in which she works.</summary>
internal sealed class PushedRepository
{
    private readonly Station _station;
    private readonly GitClient _client;

    private PushedRepository(Station station, GitClient client, PrimaryRepository repository)
    {
        _station = station;
        _client = client;
        Repository = repository;
        Alice = client.In("alice");
    }

    public PrimaryRepository Repository { get; }

    public GitClient Alice { get; }

    public string Url => _station.Node.UrlOf(Repository, "bob").AbsoluteUri;

    /// <summary>The results of the pushes so far, in order.</summary>
    public IReadOnlyList<string> Seen =>
        [
            .. Regex
                .Matches(_station.Node.Log, $@"/{Regex.Escape(Repository.Name)}: a push of \d+ refs passed through: (\w+)")
                .Select(static match => match.Groups[1].Value),
        ];

    /// <summary>Makes it, and waits until there is a mirror; the primary has made one pack by then.</summary>
    public static async Task<PushedRepository> MakeAsync(Station station, TempFolder folder, History history, string objectFormat = "sha1")
    {
        PrimaryRepository repository = await station.Primary.CreateAsync($"private/{Guid.NewGuid():n}.git", history, objectFormat);
        var made = new PushedRepository(station, new GitClient(folder), repository);
        await made._client.RunAsync("clone", "--quiet", station.Node.UrlOf(repository, "alice").AbsoluteUri, "alice");
        await Eventually.TrueAsync(
            "there is a mirror",
            () => Regex.IsMatch(station.Node.Log, $@"/{Regex.Escape(repository.Name)}: .*mirror")
        );
        Assert.Equal(1, repository.PacksMade);
        return made;
    }

    /// <summary>Commits a file in alice's clone.</summary>
    public async Task CommitAsync(string name = "news.txt", byte[]? content = null)
    {
        await File.WriteAllBytesAsync(Path.Combine(Alice.Folder, name), content ?? Guid.NewGuid().ToByteArray());
        await Alice.RunAsync("add", name);
        await Alice.RunAsync("commit", "--quiet", "--message", $"Change {name}");
    }

    /// <summary>Pushes from alice's clone, and waits until the node is done with it.</summary>
    public async Task<string> PushAsync(params string[] arguments)
    {
        int before = Seen.Count;
        await Alice.RunAsync(["push", "--quiet", "origin", .. arguments]);
        await Eventually.TrueAsync("the push was seen", () => Seen.Count > before);
        return Seen[^1];
    }

    /// <summary>Clones through the node and straight from the primary: there must be no difference.</summary>
    public async Task CompareAsync(string name, params string[] options)
    {
        await _client.RunAsync(["clone", "--quiet", .. options, Url, name]);
        int made = Repository.PacksMade;
        await _client.RunAsync(["clone", "--quiet", .. options, _station.Primary.UrlOf(Repository, "bob").AbsoluteUri, name + "-direct"]);
        Assert.Equal(made + 1, Repository.PacksMade);
        Assert.Equal(await CloneState.OfAsync(_client.In(name + "-direct")), await CloneState.OfAsync(_client.In(name)));
    }
}
