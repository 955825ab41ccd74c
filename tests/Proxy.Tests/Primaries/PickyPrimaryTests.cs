using System.Net.Http.Headers;
using System.Text;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Wire;

namespace Waystation.Proxy.Tests.Primaries;

/// <summary>Nothing that the node asks by itself assumes more than the primary has advertised.</summary>
public sealed class PickyPrimaryTests : IAsyncLifetime
{
    private const string Path = "org/project/_git/tool";

    /// <summary>As few as git's own client can do with over HTTP.</summary>
    private const string ForGit = "multi_ack multi_ack_detailed thin-pack side-band side-band-64k no-progress shallow";

    private readonly TempFolder _folder = new();
    private PickyGit _git = null!;
    private ScriptedPrimary _primary = null!;
    private WaystationNode? _node;

    public async Task InitializeAsync() => _primary = await ScriptedPrimary.StartAsync();

    private async Task<WaystationNode> StartAsync(string capabilities, params string[] options)
    {
        _git = new PickyGit(capabilities);
        await _git.CreateAsync(new History(Seed: 77) { Commits = 12 });

        // One commit behind another: its tip is a parent of the other's, a have for which git sends ACK twice to clients without multi_ack.
        await _git.ReadAsync("update-ref", "refs/heads/z-behind", "refs/heads/main~1");
        _primary.Answer(_git.HandleAsync);
        return _node = await WaystationNode.StartAsync(_primary.Url, new NodeSettings { Options = options });
    }

    public async Task DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        await _primary.DisposeAsync();
        _git?.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Fetches_AreServedFromAMirror_InTheWordsThatThePrimaryHas(int version)
    {
        WaystationNode node = await StartAsync(ForGit);
        GitClient client = new GitClient(_folder).Speaking(version);
        foreach (string name in (string[])["one", "two"])
        {
            await client.RunAsync("clone", "--quiet", UrlOf(node, "right"), name);
        }

        await MirrorAsync(node);
        Assert.Equal(1, _git.Packs);
        string tip = await _git.CommitAsync();
        await client.In("one").RunAsync("pull", "--quiet");
        await client.RunAsync("clone", "--quiet", "--depth", "1", UrlOf(node, "right"), "shallow");
        await client.In("two").RunAsync("pull", "--quiet");
        foreach (string name in (string[])["one", "two", "shallow"])
        {
            Assert.Equal(tip, await client.In(name).ReadAsync("rev-parse", "HEAD"));
            await client.In(name).RunAsync("fsck", "--strict");
        }

        // The commit came once, for the mirror; the boundary of a clone of v0 is told by the primary.
        Assert.Equal(2, _git.Packs);
        Assert.Empty(_git.Refused);
        NodeMetrics metrics = await node.MetricsAsync();
        Assert.True(metrics.Fetches("local") >= 2, node.Log);

        // git takes 203 for an old server without anything; there must be nothing indeed.
        await client.TryAsync("clone", "--quiet", UrlOf(node, "wrong"), "none");
        Assert.NotEqual(0, (await client.In("none").TryAsync("rev-parse", "--verify", "--quiet", "HEAD")).ExitCode);
    }

    /// <summary>Clients that git's own is not: libgit2 and its kin do with less.</summary>
    [Theory]
    [InlineData("multi_ack thin-pack side-band side-band-64k no-progress shallow")]
    [InlineData("multi_ack side-band")]
    [InlineData("multi_ack")]
    [InlineData("multi_ack multi_ack_detailed ofs-delta side-band-64k")]
    public async Task FetchByHand_IsServedFromAMirror_HoweverLittleThePrimaryKnows(string capabilities)
    {
        WaystationNode node = await StartAsync(capabilities);
        string old = await _git.ReadAsync("rev-parse", "main");
        Assert.Contains(
            "PACK",
            (
                await AskAsync(
                    node,
                    "right",
                    $"want {old} {capabilities.Replace(" shallow", "", StringComparison.Ordinal)}",
                    "0000",
                    "done"
                )
            ).Body,
            StringComparison.Ordinal
        );
        await MirrorAsync(node);
        string tip = await _git.CommitAsync();
        string[] fetch = [$"want {tip} {capabilities.Replace(" shallow", "", StringComparison.Ordinal)}", "0000", $"have {old}", "done"];
        (string status, string body) = await AskAsync(node, "right", fetch);
        Assert.Contains("PACK", body, StringComparison.Ordinal);
        Assert.Equal("waystation; hit; detail=local", status);
        Assert.Equal(2, _git.Packs);
        Assert.Empty(_git.Refused);
        Assert.DoesNotContain("PACK", (await AskAsync(node, "wrong", fetch)).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Vet_FollowsAPrimaryThatKnowsNoV2()
    {
        await File.WriteAllTextAsync(_folder["secret"], "right\n");
        WaystationNode node = await StartAsync(
            ForGit,
            "--Vet:Every",
            "00:00:01",
            "--Primaries:0:Service:Username",
            "service",
            "--Primaries:0:Service:PasswordFile",
            _folder["secret"]
        );
        GitClient client = new(_folder);
        await client.RunAsync("clone", "--quiet", UrlOf(node, "right"), "one");
        await MirrorAsync(node);
        string tip = await _git.CommitAsync();
        await Eventually.TrueAsync("the vet brought the commit", () => _git.Packs == 2);
        await client.In("one").RunAsync("pull", "--quiet");
        Assert.Equal(tip, await client.In("one").ReadAsync("rev-parse", "HEAD"));

        // Rounds without news, and one with news again: the version that the primary was found to speak is remembered.
        tip = await _git.CommitAsync();
        await Eventually.TrueAsync("the vet brought the next", () => _git.Packs == 3);
        Assert.Empty(_git.Refused);
    }

    private static Task MirrorAsync(WaystationNode node) =>
        Eventually.TrueAsync("there is a mirror", async () => (await node.MetricsAsync()).Sum("waystation_mirrors") == 1);

    private static async Task<(string Status, string Body)> AskAsync(WaystationNode node, string password, params string[] lines)
    {
        using HttpClient client = Front.NewClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(Encoding.ASCII.GetBytes("alice:" + password))
        );
        await client.GetByteArrayAsync(new Uri(node.Url, $"/{Path}/info/refs?service=git-upload-pack"));
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node.Url, $"/{Path}/git-upload-pack"));
        request.Content = new ByteArrayContent(Lines.ToBytes(lines));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-git-upload-pack-request");
        using HttpResponseMessage answer = await client.SendAsync(request);
        return (GitFront.StatusOf(answer), Encoding.Latin1.GetString(await answer.Content.ReadAsByteArrayAsync()));
    }

    private static string UrlOf(WaystationNode node, string password) => $"http://alice:{password}@{node.Url.Authority}/{Path}";
}
