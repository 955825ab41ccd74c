using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>
/// What the primary said to one node counts at the other: no further question is asked, and no refusal is forgotten. The requests are made
/// by hand, so that each goes to a node of the test's choice.
/// </summary>
public sealed class PermissionTests : IAsyncLifetime
{
    private const string Name = "git.example.com";

    private readonly FarmStation _station = new();
    private PrimaryRepository _repository = null!;
    private string _tip = "";

    public async Task InitializeAsync()
    {
        await _station.StartAsync(new FarmSettings { Nodes = 2 });
        await _station.TogetherAsync();
        _repository = await _station.Primary.CreateAsync("private/plans.git", new History(91));
        _tip = await _repository.ResolveAsync("refs/heads/main");
        foreach ((int i, WaystationNode node) in _station.Nodes.Index())
        {
            // Both nodes have the pack, so that only questions of permission are left.
            await _station
                .NewClient($"warm{i}")
                .RunAsync("clone", "--quiet", "--bare", node.UrlOf(_repository, "alice").AbsoluteUri, "clone");
        }
    }

    public Task DisposeAsync() => _station.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public Task Conversation_WhoseRequestsLandOnTwoNodes_AsksThePrimaryAsOftenAsOnOne(int version) =>
        Unhurried.AssertAsync(async number =>
        {
            string name = $"try{number}.example.com";
            List<List<string>> asked =
            [
                await QuestionsAsync(() => ConverseAsync(version, "alice", $"one-{name}", [0, 0, 0])),
                await QuestionsAsync(() => ConverseAsync(version, "alice", $"two-{name}", [0, 1, 0])),
                await QuestionsAsync(() => ConverseAsync(version, "bob", $"three-{name}", [1, 0, 1])),
                await QuestionsAsync(() => ConverseAsync(version, "bob", $"two-{name}", [0, 0, 1])),
                // A second conversation within the life of the ticket.
                await QuestionsAsync(() => ConverseAsync(version, "bob", $"two-{name}", [1, 0, 1])),
            ];
            string onOne = version == 2 ? "GET info/refs, POST ls-refs" : "GET info/refs",
                again = version == 2 ? "POST ls-refs" : onOne;
            return (
                string.Join(" | ", [onOne, onOne, onOne, onOne, again]),
                string.Join(" | ", asked.Select(static questions => string.Join(", ", questions)))
            );
        });

    /// <summary>The ticket of the other node is this node's own once it was read; without a login as with one.</summary>
    [Theory]
    [InlineData("public", "")]
    [InlineData("private", "bob")]
    public async Task FetchesWithATicketOfTheOtherNode_AskRedisOnce(string folder, string user)
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync($"{folder}/reads.git", new History(97));
        string tip = await repository.ResolveAsync("refs/heads/main");
        await Unhurried.AssertAsync(async number =>
        {
            string name = $"reads{number}.example.com";
            Assert.Equal(200, (await PostAsync(_station.Nodes[0], user, name, UploadPack.LsRefs(), repository)).Status);
            double before = await ReadsAsync();
            for (int fetch = 0; fetch < 5; fetch++)
            {
                Assert.Equal(200, (await PostAsync(_station.Nodes[1], user, name, UploadPack.Fetch([tip]), repository)).Status);
            }

            return ("1", $"{await ReadsAsync() - before}");
        });

        async Task<double> ReadsAsync() => (await _station.Nodes[1].MetricsAsync()).Sum("waystation_redis_read_milliseconds_count");
    }

    [Fact]
    public async Task UserWhoIsRefusedThroughOneNode_IsRefusedThroughTheOtherWithinASecond()
    {
        foreach (WaystationNode node in _station.Nodes)
        {
            Assert.Equal(200, (await LsRefsAsync(node, "bob")).Status);
            Assert.Equal(200, (await FetchAsync(node, "bob")).Status);
        }

        using (_station.Primary.Revoke("bob"))
        {
            Assert.Equal(200, (await FetchAsync(_station.Nodes[1], "bob")).Status);
            Assert.Equal(401, (await LsRefsAsync(_station.Nodes[0], "bob")).Status);
            await Eventually.TrueAsync(
                "the other node refuses bob",
                async () => (await FetchAsync(_station.Nodes[1], "bob")).Status == 401,
                TimeSpan.FromSeconds(1)
            );
            Assert.Equal(401, (await FetchAsync(_station.Nodes[0], "bob")).Status);
            Assert.Equal(200, (await LsRefsAsync(_station.Nodes[0], "alice")).Status);
        }
    }

    [Fact]
    public async Task WhileRedisIsAway_EachNodeAsksThePrimaryItself_AndForgetsNoRefusal()
    {
        Assert.Equal(200, (await LsRefsAsync(_station.Nodes[0], "bob")).Status);
        Assert.Equal(200, (await FetchAsync(_station.Nodes[1], "bob")).Status);
        _station.Redis.Kill();
        Assert.Equal(200, (await LsRefsAsync(_station.Nodes[0], "alice")).Status);
        Assert.Equal(200, (await FetchAsync(_station.Nodes[1], "alice")).Status);
        using (_station.Primary.Revoke("bob"))
        {
            await Eventually.TrueAsync(
                "no node relies on a ticket",
                async () => (await FetchAsync(_station.Nodes[1], "bob")).Status == 401,
                TimeSpan.FromSeconds(5)
            );
            Assert.Equal(401, (await FetchAsync(_station.Nodes[0], "bob")).Status);
            await _station.Redis.StartAgainAsync(isEmpty: false);
            await _station.TogetherAsync();
            Assert.Equal(401, (await FetchAsync(_station.Nodes[0], "bob")).Status);
            Assert.Equal(401, (await FetchAsync(_station.Nodes[1], "bob")).Status);
        }

        await Eventually.TrueAsync(
            "a ticket counts at both again",
            async () =>
            {
                await LsRefsAsync(_station.Nodes[0], "alice");
                return (await QuestionsAsync(() => FetchAsync(_station.Nodes[1], "alice"))).Count == 0;
            }
        );
    }

    [Fact]
    public async Task InAnOutage_ANodeThatNeverSawTheClient_AnswersFromTheRecordOfTheOther()
    {
        Assert.Equal(200, (await AdvertisementAsync(_station.Nodes[0], "bob", 2, Name)).Status);
        Assert.Equal(200, (await LsRefsAsync(_station.Nodes[0], "bob")).Status);
        _station.Primary.Kill();
        RawAnswer refs = await LsRefsAsync(_station.Nodes[1], "bob");
        Assert.Equal(200, refs.Status);
        Assert.Contains(_tip, refs.Text, StringComparison.Ordinal);
        Assert.Contains("stale", refs.Header("Cache-Status"), StringComparison.Ordinal);
        Assert.NotEqual(200, (await LsRefsAsync(_station.Nodes[1], "mallory")).Status);
    }

    /// <summary>Over SSH with a key authority, which gives a login for HTTP to each key.</summary>
    [Fact]
    public Task SshSessions_OnTwoNodes_AskThePrimaryOnceForItsCapabilities() =>
        Unhurried.AssertAsync(async number =>
        {
            PrimaryRepository repository = await _station.Primary.CreateAsync($"private/ssh{number}.git", new History(92 + number));
            string tip = await repository.ResolveAsync("refs/heads/main");
            async Task LsRemoteAsync(int node)
            {
                GitClient client = _station.NewClient($"ssh{Guid.NewGuid():n}", "bob", _station.Nodes[node].Ssh);
                string refs = await client.ReadAsync("ls-remote", FarmStation.SshAddressOf(_station.Nodes[node].Ssh, repository));
                Assert.Contains(tip, refs, StringComparison.Ordinal);
            }

            int first = (await QuestionsAsync(() => LsRemoteAsync(0))).Count;
            return ("2, POST ls-refs", $"{first}, {string.Join(", ", await QuestionsAsync(() => LsRemoteAsync(1)))}");
        });

    [Theory]
    [InlineData("purge")]
    [InlineData("remove")]
    public async Task Purge_AtOneNode_IsDoneByAll(string verb)
    {
        // Only the node that keeps the mirror has a folder for it.
        static bool Has(WaystationNode node) =>
            new[] { "packs", "mirrors" }
                .Select(name => Path.Combine(node.DataFolder, name))
                .Any(static folder =>
                    Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.pack", SearchOption.AllDirectories).Any()
                );
        await Eventually.TrueAsync("both nodes have something", () => _station.Nodes.All(Has));
        CommandResult purged = await new Command(
            Checkout.Program,
            [verb, _repository.Name, "--admin", _station.Nodes[0].Admin.AbsoluteUri]
        ).RunAsync();
        Assert.Equal(0, purged.ExitCode);
        await Eventually.TrueAsync("no node has anything", () => !_station.Nodes.Any(Has));
    }

    private static string LoginOf(string user) =>
        "Authorization: Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes($"{user}:{user}{ApachePrimary.PasswordSuffix}"));

    /// <summary>The questions about permission that the primary is asked meanwhile.</summary>
    private async Task<List<string>> QuestionsAsync(Func<Task> act)
    {
        string begin = await MarkAsync();
        await act();
        string end = await MarkAsync();
        return
        [
            .. _station
                .Primary.Requests.SkipWhile(request => request.Path != begin)
                .Skip(1)
                .TakeWhile(request => request.Path != end)
                .Select(static request => request.Method == "GET" ? "GET info/refs" : "POST ls-refs"),
        ];
    }

    /// <summary>Puts a line into the primary's log, which it writes a moment after its answer, and waits for it.</summary>
    private async Task<string> MarkAsync()
    {
        string path = $"/mark-{Guid.NewGuid():n}";
        await RawConnection.AskAsync(
            _station.Primary.Url,
            Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {Name}\r\nConnection: close\r\n\r\n")
        );
        await Eventually.TrueAsync("the mark is in the log", () => _station.Primary.Requests.Any(request => request.Path == path));
        return path;
    }

    /// <summary>A clone by hand, whose requests go to these nodes.</summary>
    private async Task ConverseAsync(int version, string user, string name, int[] nodes)
    {
        RawAnswer advertisement = await AdvertisementAsync(_station.Nodes[nodes[0]], user, version, name);
        Assert.Equal(200, advertisement.Status);
        if (version == 2)
        {
            Assert.Equal(200, (await LsRefsAsync(_station.Nodes[nodes[1]], user, name)).Status);
        }

        RawAnswer pack = await FetchAsync(_station.Nodes[nodes[2]], user, name, version);
        Assert.Equal(200, pack.Status);
        Assert.Contains("PACK", pack.Text, StringComparison.Ordinal);
    }

    private Task<RawAnswer> AdvertisementAsync(WaystationNode node, string user, int version, string name)
    {
        string protocol = version > 0 ? $"Git-Protocol: version={version}\r\n" : "";
        string request =
            $"GET /{_repository.Name}/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: {name}\r\n"
            + $"{LoginOf(user)}\r\n{protocol}Connection: close\r\n\r\n";
        return RawConnection.AskAsync(node.Url, Encoding.ASCII.GetBytes(request));
    }

    private Task<RawAnswer> LsRefsAsync(WaystationNode node, string user, string name = Name) =>
        PostAsync(node, user, name, UploadPack.LsRefs());

    private Task<RawAnswer> FetchAsync(WaystationNode node, string user, string name = Name, int version = 2) =>
        PostAsync(node, user, name, version == 2 ? UploadPack.Fetch([_tip]) : UploadPack.FetchV0(_tip));

    private Task<RawAnswer> PostAsync(WaystationNode node, string user, string name, string body, PrimaryRepository? repository = null)
    {
        string path = $"/{(repository ?? _repository).Name}";
        return RawConnection.AskAsync(node.Url, UploadPack.Post(path, name, body, user.Length > 0 ? [LoginOf(user)] : []));
    }
}
