using System.Formats.Tar;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Snapshots;

/// <summary>A station with the program <c>waystation-clone</c>, and the ways in which a snapshot is asked for.</summary>
public sealed class SnapshotStation : IAsyncLifetime
{
    private static readonly HttpClient s_http = new();

    public Station Station { get; } = new();

    public ApachePrimary Primary => Station.Primary;

    public WaystationNode Node => Station.Node;

    public Task InitializeAsync() => Station.StartAsync(new NodeSettings { Options = ["--Access:TicketLifetime", "00:00:00.200"] });

    public Task DisposeAsync() => Station.DisposeAsync();

    /// <summary><c>waystation-clone</c> as this client runs it.</summary>
    public static Command Clone(GitClient client, params IReadOnlyList<string> arguments)
    {
        string program = Path.Combine(Checkout.Root, "deploy", "waystation-clone");
        return client.Git() with { Program = program, Arguments = arguments };
    }

    /// <summary>Clones by it, from a snapshot.</summary>
    public static async Task CloneFromSnapshotAsync(GitClient client, params IReadOnlyList<string> arguments)
    {
        CommandResult cloned = await Clone(client, arguments).MustRunAsync();
        Assert.DoesNotContain("git clone instead", cloned.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(client.Folder, ".waystation-clone*"));
    }

    /// <summary>Clones by it, without a snapshot.</summary>
    public static async Task<CommandResult> CloneInsteadAsync(GitClient client, params IReadOnlyList<string> arguments)
    {
        CommandResult cloned = await Clone(client, arguments).MustRunAsync();
        Assert.Contains("git clone instead", cloned.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(client.Folder, ".waystation-clone*"));
        return cloned;
    }

    /// <summary>A repository of which there are snapshots.</summary>
    public async Task<PrimaryRepository> NewMirroredAsync(
        GitClient client,
        History history,
        string folder = "public",
        string? user = null,
        string objectFormat = "sha1"
    )
    {
        PrimaryRepository repository = await Primary.CreateAsync($"{folder}/{Guid.NewGuid():n}.git", history, objectFormat);
        await client.RunAsync("clone", "--quiet", Node.UrlOf(repository, user).AbsoluteUri, "first-" + Path.GetRandomFileName());
        await Eventually.TrueAsync("there are snapshots", async () => await RefusalAsync(repository, user) is null);
        return repository;
    }

    /// <summary>Asks for a snapshot; the body is not read yet.</summary>
    public async Task<HttpResponseMessage> AskAsync(PrimaryRepository repository, string? user = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Node.Url, "/.waystation/snapshot/" + repository.Name));
        if (user is not null)
        {
            string login = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{user}:{user}{ApachePrimary.PasswordSuffix}"));
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", login);
        }

        return await s_http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>The word with which a snapshot is refused; null if it is given.</summary>
    public async Task<string?> RefusalAsync(PrimaryRepository repository, string? user = null)
    {
        using HttpResponseMessage response = await AskAsync(repository, user);
        if (response.StatusCode == HttpStatusCode.OK)
        {
            return null;
        }

        string text = await response.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.StartsWith("waystation: no snapshot of ", text, StringComparison.Ordinal);
        return text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..text.IndexOf(')', StringComparison.Ordinal)];
    }

    /// <summary>Unpacks a snapshot into a repository, in which the result runs git.</summary>
    public static async Task<GitClient> UnpackAsync(HttpResponseMessage response, GitClient client)
    {
        string name = "unpacked-" + Path.GetRandomFileName();
        await client.RunAsync("init", "--quiet", "--bare", name);
        await using Stream body = await response.Content.ReadAsStreamAsync();
        await using var tar = new TarReader(body);
        while (await tar.GetNextEntryAsync() is { } entry)
        {
            Assert.Equal(TarEntryType.RegularFile, entry.EntryType);
            Assert.Equal(entry.Name, Path.GetFileName(entry.Name));
            string folder = entry.Name switch
            {
                "packed-refs" => "",
                "commit-graph" => "objects/info",
                _ => "objects/pack",
            };
            await entry.ExtractToFileAsync(Path.Combine(client.Folder, name, folder, entry.Name), overwrite: false);
        }

        return client.In(name);
    }
}
