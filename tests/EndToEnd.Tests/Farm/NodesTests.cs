using System.Net;
using System.Text.Json;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>Nodes of a farm as an operator sees them: <c>waystation nodes</c>, <c>/readyz</c> and the log.</summary>
public sealed class NodesTests : IAsyncLifetime
{
    private const string Redis = "StackExchange.Redis";

    private readonly TempFolder _folder = new();
    private readonly List<WaystationNode> _nodes = [];
    private readonly HttpClient _http = new();
    private ApachePrimary _primary = null!;
    private RedisServer _redis = null!;

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_folder["secret"], "a-secret-of-this-farm-with-enough-bytes\n");
        _primary = await ApachePrimary.StartAsync();
        _redis = await RedisServer.StartAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (WaystationNode node in _nodes)
        {
            await node.DisposeAsync();
        }

        await _redis.DisposeAsync();
        await _primary.DisposeAsync();
        _http.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Nodes_AreListed_Drained_AndGoneWhenTheyStop()
    {
        WaystationNode a = await StartAsync("a");
        WaystationNode b = await StartAsync("b");
        await SeesAsync(a, "a active, b active");
        string text = (await NodesAsync(a)).Output;
        Assert.Contains("\tyes\n", text, StringComparison.Ordinal);
        Assert.Contains("50 %", text, StringComparison.Ordinal);

        PrimaryRepository repository = await _primary.CreateAsync("public/drained.git", new History(Seed: 1));
        Assert.Contains("draining", (await NodesAsync(a, "drain", "b")).Output, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "draining\n"), await ReadyAsync(b));
        Assert.Equal((HttpStatusCode.OK, "ready\n"), await ReadyAsync(a));
        await SeesAsync(b, "a active, b draining");
        await new GitClient(_folder).RunAsync("clone", "--quiet", b.UrlOf(repository).AbsoluteUri, "while-it-drains");

        await NodesAsync(b, "undrain");
        Assert.Equal((HttpStatusCode.OK, "ready\n"), await ReadyAsync(b));
        await SeesAsync(a, "a active, b active");
        await NodesAsync(b, "drain");
        Assert.Equal(0, await b.StopAsync());
        await SeesAsync(a, "a active, b gone");
        await b.StartAgainAsync();
        Assert.Equal((HttpStatusCode.OK, "ready\n"), await ReadyAsync(b));
        await SeesAsync(a, "a active, b active");

        NodeMetrics metrics = await a.MetricsAsync();
        Assert.Equal(2, metrics.Sum("waystation_nodes", "state=\"active\""));
        Assert.Equal(1, metrics.Sum("waystation_redis_here"));
        CommandResult unknown = await NodesAsync(a, "drain", "nobody");
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("nobody", unknown.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await NodesAsync(a, "approve")).ExitCode);
    }

    [Fact]
    public async Task ANewNode_ForwardsAndHoldsNothing_UntilItIsApproved_AndARemovedOneIsAlone()
    {
        PrimaryRepository repository = await _primary.CreateAsync("public/pending.git", new History(Seed: 2));
        WaystationNode a = await StartAsync("a", "--Farm:Approval", "true");
        await SeesAsync(a, "a pending");
        Assert.Contains("waystation nodes approve a", a.Log, StringComparison.Ordinal);
        await CloneAsync("pending");
        NodeMetrics pending = await a.MetricsAsync();
        Assert.Equal(0, pending.Sum("waystation_mirrors"));
        Assert.Equal(0, pending.Sum("waystation_pack_cache_bytes"));

        Assert.Equal(0, (await NodesAsync(a, "approve", "a")).ExitCode);
        await SeesAsync(a, "a active");
        await CloneAsync("approved");
        await Eventually.TrueAsync("it holds the pack", async () => (await a.MetricsAsync()).Sum("waystation_pack_cache_bytes") > 0);

        WaystationNode b = await StartAsync("b", "--Farm:Approval", "true");
        await SeesAsync(a, "a active, b pending");
        Assert.Equal(0, (await NodesAsync(b, "approve", "b")).ExitCode);
        await SeesAsync(a, "a active, b active");
        Assert.Equal(0, (await NodesAsync(a, "remove", "b")).ExitCode);
        await SeesAsync(a, "a active, b removed");
        await Eventually.TrueAsync("its log says so", () => b.Log.Contains("removed this node", StringComparison.Ordinal));
        await SeesAsync(b, "a active, b removed");

        _redis.Kill();
        CommandResult without = await NodesAsync(a, "approve", "b");
        Assert.Equal(1, without.ExitCode);
        Assert.Contains("Redis", without.Error, StringComparison.Ordinal);
        await _redis.StartAgainAsync(isEmpty: true);
        await SeesAsync(a, "a active, b removed");

        Task CloneAsync(string folder) => new GitClient(_folder).RunAsync("clone", "--quiet", a.UrlOf(repository).AbsoluteUri, folder);
    }

    [Fact]
    public async Task ANodeWithoutRedisSetting_LoadsNothingOfIt_AndHasNoNodes()
    {
        WaystationNode alone = await WaystationNode.StartAsync(_primary.Url);
        _nodes.Add(alone);
        PrimaryRepository repository = await _primary.CreateAsync("public/alone.git", new History(Seed: 3));
        await new GitClient(_folder).RunAsync("clone", "--quiet", alone.UrlOf(repository).AbsoluteUri, "alone");
        Assert.Equal((HttpStatusCode.OK, "ready\n"), await ReadyAsync(alone));
        CommandResult nodes = await NodesAsync(alone);
        Assert.Equal(1, nodes.ExitCode);
        Assert.Contains("--redis", nodes.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Redis, await File.ReadAllTextAsync($"/proc/{alone.ProcessId}/maps"), StringComparison.Ordinal);

        WaystationNode inFarm = await StartAsync("a");
        Assert.Contains(Redis, await File.ReadAllTextAsync($"/proc/{inFarm.ProcessId}/maps"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ANodeWhoseRedisIsAway_StartsAndServes_AndJoinsLater()
    {
        _redis.Kill();
        WaystationNode a = await StartAsync("a");
        PrimaryRepository repository = await _primary.CreateAsync("public/without-redis.git", new History(Seed: 4));
        await new GitClient(_folder).RunAsync("clone", "--quiet", a.UrlOf(repository).AbsoluteUri, "without-redis");
        await Eventually.TrueAsync("the log says so", () => a.Log.Contains("Redis is away", StringComparison.Ordinal));
        await _redis.StartAgainAsync(isEmpty: true);
        WaystationNode b = await StartAsync("b");
        await SeesAsync(b, "a active, b active");
    }

    [Fact]
    public async Task WrongSettings_StopTheStart_AllAtOnce()
    {
        await File.WriteAllTextAsync(_folder["short"], "short\n");
        CommandResult result = await new Command(
            Checkout.Program,
            [
                "serve",
                "--primary",
                _primary.Url.AbsoluteUri,
                "--data",
                _folder["data"],
                "--listen",
                "http://127.0.0.1:0",
                "--admin",
                "http://127.0.0.1:0",
                "--redis",
                "127.0.0.1:6379,noSuchOption=1",
                "--Farm:NodeUrl",
                "http://node.example.com",
                "--Farm:SecretFile",
                _folder["short"],
                "--Farm:RedisCaFile",
                _folder["missing"],
            ]
        )
        {
            Environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Checkout.DotnetRoot },
        }.RunAsync();
        Assert.Equal(2, result.ExitCode);
        Assert.All(
            (string[])["Farm:Redis =", "Farm:NodeUrl =", "Farm:SecretFile =", "Farm:RedisCaFile ="],
            name => Assert.Contains(name, result.Error, StringComparison.Ordinal)
        );
    }

    private async Task<WaystationNode> StartAsync(string name, params string[] further)
    {
        NodeAddresses addresses = NodeAddresses.Find();
        WaystationNode node = await WaystationNode.StartAsync(
            _primary.Url,
            new NodeSettings
            {
                Listen = [addresses.Url],
                Admin = addresses.AdminUrl,
                Options =
                [
                    "--redis",
                    _redis.Address,
                    "--Farm:NodeUrl",
                    addresses.Url,
                    "--Farm:SecretFile",
                    _folder["secret"],
                    "--Farm:Name",
                    name,
                    .. further,
                ],
            }
        );
        _nodes.Add(node);
        return node;
    }

    private Task SeesAsync(WaystationNode node, string nodes) =>
        Eventually.TrueAsync(
            $"the list is {nodes}",
            async () =>
            {
                using JsonDocument list = JsonDocument.Parse(await _http.GetStringAsync(new Uri(node.Admin, "/api/v1/nodes")));
                return nodes
                    == string.Join(
                        ", ",
                        list.RootElement.EnumerateArray()
                            .Select(static one => $"{one.GetProperty("name").GetString()} {one.GetProperty("state").GetString()}")
                    );
            }
        );

    private async Task<(HttpStatusCode Status, string Text)> ReadyAsync(WaystationNode node)
    {
        using HttpResponseMessage answer = await _http.GetAsync(new Uri(node.Admin, "/readyz"));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static Task<CommandResult> NodesAsync(WaystationNode node, params string[] words) =>
        new Command(Checkout.Program, ["nodes", .. words, "--admin", node.Admin.AbsoluteUri])
        {
            Environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Checkout.DotnetRoot },
        }.RunAsync();
}
