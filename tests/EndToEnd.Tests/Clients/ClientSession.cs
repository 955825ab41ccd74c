using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Clients;

/// <summary>
/// One client at work, straight with the primary and through the node, there again and again; real git looks at what
/// it left on disk.
/// </summary>
internal sealed class ClientSession : IDisposable
{
    private readonly TempFolder _folder;
    private readonly Station _station;
    private readonly IClient _client;

    private ClientSession(Station station, TempFolder folder, GitClient git, IClient client)
    {
        this._station = station;
        this._folder = folder;
        this._client = client;
        Git = git;
    }

    /// <summary>The judge: git in the folder of the clones.</summary>
    public GitClient Git { get; }

    public static async Task<ClientSession> OpenAsync(Station station, ClientRow row)
    {
        var work = new TempFolder();
        try
        {
            GitClient git = new GitClient(work) with { Variables = Dates.Fixed };
            return new ClientSession(station, work, git, await row.Create(work["home"]));
        }
        catch
        {
            work.Dispose();
            throw;
        }
    }

    public async Task CloneAsync(Door door, PrimaryRepository repository, string name, string? user = null, int? depth = null) =>
        (await _client.CloneAsync(UrlOf(door, repository, user), _folder[name], depth)).MustSucceed();

    public async Task FetchAsync(Door door, PrimaryRepository repository, string name, string? user = null, int? depth = null) =>
        (await _client.FetchAsync(UrlOf(door, repository, user), _folder[name], depth)).MustSucceed();

    public async Task PushAsync(Door door, PrimaryRepository repository, string name, string? user) =>
        (await _client.PushAsync(UrlOf(door, repository, user), _folder[name])).MustSucceed();

    public Task<CommandResult> TryCloneAsync(Door door, PrimaryRepository repository, string name, string? user) =>
        _client.CloneAsync(UrlOf(door, repository, user), _folder[name]);

    public Task<CommandResult> TryPushAsync(Door door, PrimaryRepository repository, string name, string? user) =>
        _client.PushAsync(UrlOf(door, repository, user), _folder[name]);

    /// <summary>Several clones that differ in nothing.</summary>
    public async Task CopyAsync(string name, params IEnumerable<string> copies)
    {
        foreach (string copy in copies)
        {
            await new Command("cp", "-a", _folder[name], _folder[copy]).MustRunAsync();
        }
    }

    public Task<ClientState> StateOfAsync(string name) => ClientState.OfAsync(Git.In(name));

    /// <summary>Does something that needs one pack, which the primary makes for the first client and for no later one.</summary>
    public async Task ExpectAsync(Maker maker, PrimaryRepository repository, Func<Task> act)
    {
        int packs = repository.PacksMade;
        double served = await ServedHereAsync();
        await act();
        Assert.Equal(maker == Maker.Node ? packs : packs + 1, repository.PacksMade);
        if (maker == Maker.Node)
        {
            await Eventually.TrueAsync("an answer of the node's own is counted", async () => await ServedHereAsync() > served);
        }
    }

    public void Dispose() => _folder.Dispose();

    private async Task<double> ServedHereAsync()
    {
        NodeMetrics metrics = await _station.Node.MetricsAsync();
        return metrics.Fetches("hit") + metrics.Fetches("local");
    }

    private Uri UrlOf(Door door, PrimaryRepository repository, string? user) =>
        (door == Door.Primary ? _station.Primary.Url : _station.Node.Url).To(repository, user);
}

/// <summary>The maker of a pack.</summary>
internal enum Maker
{
    Primary,
    Node,
}

/// <summary>By which door a clone reaches its repository.</summary>
internal enum Door
{
    Primary,
    Node,
}
