using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Waystation.EndToEnd.Tests.Mirrors;
using Waystation.EndToEnd.Tests.Ssh;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Running;

/// <summary>Each fetch is recorded in the same way, whichever front end it comes through and however it ends.</summary>
public sealed class FetchRecordTests : IDisposable
{
    private const string Http = "http";
    private const string Ssh = "ssh";

    private static readonly History s_plans = new(Seed: 151) { Commits = 20 };
    private static readonly History s_media = new(Seed: 152) { IncompressibleBytes = 2 << 20 };

    private readonly TempFolder _folder = new();
    private readonly HttpClient _http = new();

    /// <summary>The front end, and the way by which a node with an SSH front end asks the primary.</summary>
    public static TheoryData<string, string> Doors =>
        new()
        {
            { Http, SshWay.Agent },
            { Ssh, SshWay.Agent },
            { Ssh, SshWay.Authority },
        };

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task Fetch_IsRecorded_AsItWasAskedAndServed(string door, string way)
    {
        await using SshWay node = await SshWay.StartAsync(way);
        PrimaryRepository repository = await node.Station.Web.CreateAsync("public/recorded.git", s_plans);
        (GitClient git, string address) = await ClientAsync(node, door, repository);

        await git.RunAsync("clone", "--quiet", address, "cold");
        JsonElement cold = await NewestAsync(node.Node, 1);
        Assert.Equal(("forward", "whole", door), (Text(cold, "outcome"), Text(cold, "end"), Text(cold, "door")));
        Assert.EndsWith("/public/recorded.git", Text(cold, "repo"), StringComparison.Ordinal);
        Assert.Matches(door == Http ? "^anonymous$" : "^[0-9a-f]{8}$", Text(cold, "credential"));
        Assert.Equal(2, cold.GetProperty("protocolVersion").GetInt32());
        Assert.True(cold.GetProperty("kept").GetBoolean());
        Assert.True(cold.GetProperty("bytes").GetInt64() > 1_000);
        AssertAsked(cold, isClone: true, depth: null);
        AssertAddsUp(cold.GetProperty("milliseconds"));

        await git.RunAsync("clone", "--quiet", address, "warm");
        JsonElement warm = await NewestAsync(node.Node, 2);
        Assert.Equal(("hit", "whole"), (Text(warm, "outcome"), Text(warm, "end")));
        Assert.Equal(Text(cold, "credential"), Text(warm, "credential"));
        Assert.Equal(cold.GetProperty("bytes").GetInt64(), warm.GetProperty("bytes").GetInt64());

        await Eventually.TrueAsync("there is a mirror", () => Regex.IsMatch(node.Node.Log, $@"/{repository.Name}: .*mirror"));
        await git.RunAsync("clone", "--quiet", "--depth", "1", "--filter", "blob:none", "--no-checkout", address, "shallow");
        JsonElement shallow = await NewestAsync(node.Node, 3);
        Assert.Equal(("local", "whole"), (Text(shallow, "outcome"), Text(shallow, "end")));
        AssertAsked(shallow, isClone: true, depth: 1);
        Assert.Equal("blob:none", Text(shallow.GetProperty("asked"), "filter"));

        await repository.CommitAsync();
        await git.In("cold").RunAsync("fetch", "--quiet");
        JsonElement update = (await FetchesAsync(node.Node))[0];
        Assert.Equal(("local", "whole"), (Text(update, "outcome"), Text(update, "end")));
        AssertAsked(update, isClone: false, depth: null);

        await git.In("warm").RunAsync("fetch", "--quiet", "--server-option", "unknown");
        JsonElement foreign = (await FetchesAsync(node.Node))[0];
        Assert.Equal(("bypass", "not-cacheable"), (Text(foreign, "outcome"), Text(foreign, "reason")));
        Assert.Equal("whole", Text(foreign, "end"));
        Assert.True(foreign.GetProperty("bytes").GetInt64() > 100);

        NodeMetrics metrics = await node.Node.MetricsAsync();
        JsonElement[] all = await FetchesAsync(node.Node);
        foreach (IGrouping<string?, JsonElement> outcome in all.GroupBy(static one => Text(one, "outcome")))
        {
            Assert.Equal(outcome.Count(), metrics.Fetches(outcome.Key!));
        }

        Assert.Equal(all.Length, Regex.Count(node.Node.Log, @"\[2001\]"));
        await AssertCommandAsync(node, repository, all.Length);
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task Fetch_OfAProjectThatIsNotSelected_IsRecorded(string door, string way)
    {
        await using SshWay node = await SshWay.StartAsync(way, "--Primaries:0:Projects:Exclude", "public/unselected*");
        PrimaryRepository repository = await node.Station.Web.CreateAsync("public/unselected.git", s_plans);
        (GitClient git, string address) = await ClientAsync(node, door, repository);

        await git.RunAsync("clone", "--quiet", address, "clone");

        JsonElement fetch = await NewestAsync(node.Node, 1);
        Assert.Equal(("bypass", "not-selected", "whole"), (Text(fetch, "outcome"), Text(fetch, "reason"), Text(fetch, "end")));
        Assert.Equal((door, 2), (Text(fetch, "door"), fetch.GetProperty("protocolVersion").GetInt32()));
        Assert.EndsWith("/public/unselected.git", Text(fetch, "repo"), StringComparison.Ordinal);
        Assert.True(fetch.GetProperty("bytes").GetInt64() > 1_000);
    }

    [Theory]
    [InlineData(Http)]
    [InlineData(Ssh)]
    public async Task Joining_AndHangingUp_AreRecorded(string door)
    {
        await using SshWay node = await SshWay.StartAsync(SshWay.Agent);
        PrimaryRepository repository = await node.Station.Web.CreateAsync("public/shared.git", s_media);
        (GitClient git, string address) = await ClientAsync(node, door, repository);
        await JoinAndHangUpAsync(node.Node, repository, git, address);
    }

    [Fact]
    public async Task Joining_AndHangingUp_AreRecorded_WithAKeyAuthority()
    {
        var station = new KeyAuthorityStation();
        try
        {
            await station.InitializeAsync();
            PrimaryRepository repository = await station.Inner.Web.CreateAsync("public/shared.git", s_media);
            using SshPerson alice = station.Inner.PersonWithoutAgent(station.Inner.Alice);
            await JoinAndHangUpAsync(station.Inner.Node, repository, alice.Git, station.Inner.AddressOf(repository));
        }
        finally
        {
            await station.DisposeAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task Fetch_ThatIsToldToComeAgain_IsRecorded(string door, string way)
    {
        GitGate gate = await GitGate.MakeAsync(_folder);
        await using SshWay node = await SshWay.StartAsync(
            way,
            gate.Environment,
            "--Mirrors:MaxPacks",
            "1",
            "--Mirrors:MaxPacksPerRepository",
            "1",
            "--Mirrors:MaxWaiting",
            "0"
        );
        PrimaryRepository repository = await node.Station.Web.CreateAsync("public/busy.git", s_plans);
        (GitClient git, string address) = await ClientAsync(node, door, repository);
        await git.RunAsync("clone", "--quiet", address, "first");
        await Eventually.TrueAsync("there is a mirror", () => Regex.IsMatch(node.Node.Log, $@"/{repository.Name}: .*mirror"));
        gate.Shut();
        Task<CommandResult> making = git.RunAsync("clone", "--quiet", "--bare", "--depth", "2", address, "two");
        await Eventually.TrueAsync("a pack is being made", () => gate.Came.Count > 0);

        CommandResult busy = await git.TryAsync("clone", "--quiet", "--bare", "--depth", "3", address, "three");

        Assert.NotEqual(0, busy.ExitCode);
        JsonElement told = await NewestAsync(node.Node, 2);
        Assert.Equal((null, "busy"), (Text(told, "outcome"), Text(told, "end")));
        AssertAsked(told, isClone: true, depth: 3);
        gate.Open();
        await making;
        Assert.Equal("local", Text(await NewestAsync(node.Node, 3), "outcome"));
        Assert.Equal(1, (await node.Node.MetricsAsync()).Sum("waystation_bypasses_total", "reason=\"busy\""));
    }

    /// <summary>An older client's deepening clone over SSH: its boundary is told before its pack, and it is one record.</summary>
    [Theory]
    [MemberData(nameof(Doors))]
    public async Task OlderProtocol_IsRecorded_RoundByRound(string door, string way)
    {
        await using SshWay node = await SshWay.StartAsync(way);
        PrimaryRepository repository = await node.Station.Web.CreateAsync("public/older.git", s_plans);
        (GitClient git, string address) = await ClientAsync(node, door, repository, version: 0);
        await git.RunAsync("clone", "--quiet", address, "cold");
        Assert.Equal("forward", Text(await NewestAsync(node.Node, 1), "outcome"));
        await Eventually.TrueAsync("there is a mirror", () => Regex.IsMatch(node.Node.Log, $@"/{repository.Name}: .*mirror"));
        await repository.CommitAsync();
        await git.In("cold").RunAsync("fetch", "--quiet");

        JsonElement[] fetched = await FetchesAsync(node.Node);
        Assert.Equal(
            (0, "local", "whole"),
            (fetched[0].GetProperty("protocolVersion").GetInt32(), Text(fetched[0], "outcome"), Text(fetched[0], "end"))
        );
        AssertAsked(fetched[0], isClone: false, depth: null);
        Assert.All(fetched[1..^1], static round => Assert.Equal(("local", "round"), (Text(round, "outcome"), Text(round, "end"))));

        await git.RunAsync("clone", "--quiet", "--depth", "1", address, "shallow");
        JsonElement shallow = (await FetchesAsync(node.Node))[0];
        Assert.Equal(("local", "whole"), (Text(shallow, "outcome"), Text(shallow, "end")));
        AssertAsked(shallow, isClone: true, depth: 1);
    }

    public void Dispose()
    {
        _http.Dispose();
        _folder.Dispose();
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static void AssertAsked(JsonElement fetch, bool isClone, int? depth)
    {
        JsonElement asked = fetch.GetProperty("asked");
        Assert.Equal(isClone, asked.GetProperty("isClone").GetBoolean());
        Assert.Equal(isClone, asked.GetProperty("haves").GetInt32() == 0);
        Assert.True(asked.GetProperty("wants").GetInt32() > 0);
        Assert.Equal(depth, asked.GetProperty("depth") is { ValueKind: JsonValueKind.Number } number ? number.GetInt32() : null);
    }

    private static void AssertAddsUp(JsonElement milliseconds)
    {
        double sum = ((string[])["parse", "access", "turn", "firstByte", "send"]).Sum(phase => milliseconds.GetProperty(phase).GetDouble());
        double total = milliseconds.GetProperty("total").GetDouble();
        Assert.True(total > 0, "it took time");
        Assert.InRange(sum, total - 0.5, total + 0.5);
    }

    /// <summary>The command shows the same; of another repository it shows nothing.</summary>
    private static async Task AssertCommandAsync(SshWay node, PrimaryRepository repository, int count)
    {
        Assert.Equal(count, (await RunAsync("--last", "1000")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Single((await RunAsync("--last", "1")).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.DoesNotContain(repository.Name, await RunAsync("--repository", "public/another.git"), StringComparison.Ordinal);

        async Task<string> RunAsync(params string[] options) =>
            (
                await new Command(Checkout.Program, ["fetches", "--admin", node.Node.Admin.AbsoluteUri, .. options])
                {
                    Environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Checkout.DotnetRoot },
                }.MustRunAsync()
            ).Output;
    }

    private async Task JoinAndHangUpAsync(WaystationNode node, PrimaryRepository repository, GitClient git, string address)
    {
        Task<CommandResult> follower;
        using (PackGate gate = repository.HoldPacks(afterBytes: 1_000_000))
        {
            using Process starter = git.Git("clone", "--quiet", "--bare", address, "starter").Start();
            await gate.ReachedAsync();
            await ReceivesAsync(git, "starter");
            follower = git.RunAsync("clone", "--quiet", "--bare", address, "follower");
            await ReceivesAsync(git, "follower");
            await AssertLiveAsync(node, repository);
            starter.Kill(entireProcessTree: true);
            await starter.WaitForExitAsync();
            JsonElement left = await NewestAsync(node, 1);
            Assert.Equal(("forward", "client-gone"), (Text(left, "outcome"), Text(left, "end")));
            Assert.True(left.GetProperty("bytes").GetInt64() > 0);
        }

        await follower;
        JsonElement joined = await NewestAsync(node, 2);
        Assert.Equal(("join", "whole"), (Text(joined, "outcome"), Text(joined, "end")));
    }

    /// <summary>While the pack is held, operators see both clones under way, and what each has got.</summary>
    private async Task AssertLiveAsync(WaystationNode node, PrimaryRepository repository)
    {
        JsonElement[] live =
        [
            .. JsonDocument.Parse(await _http.GetStringAsync(new Uri(node.Admin, "/api/v1/live"))).RootElement.EnumerateArray(),
        ];
        Assert.Equal(["forward", "join"], live.Select(static fetch => Text(fetch, "outcome")));
        Assert.Equal(["no-mirror", null], live.Select(static fetch => Text(fetch, "miss")));
        Assert.All(
            live,
            fetch =>
            {
                Assert.EndsWith("/" + repository.Name, Text(fetch, "repo"), StringComparison.Ordinal);
                Assert.Equal("send", Text(fetch, "phase"));
                Assert.InRange(fetch.GetProperty("bytes").GetInt64(), 1, 1_000_000);
                Assert.True(fetch.GetProperty("totalMilliseconds").GetDouble() >= fetch.GetProperty("phaseMilliseconds").GetDouble());
                AssertAsked(fetch, isClone: true, depth: null);
            }
        );
    }

    private static Task ReceivesAsync(GitClient git, string clone) =>
        Eventually.TrueAsync(
            $"{clone} receives the first bytes of the held pack",
            () =>
            {
                string packs = Path.Combine(git.Folder, clone, "objects", "pack");
                return Directory.Exists(packs) && Directory.EnumerateFiles(packs, "tmp_pack_*").Any(file => new FileInfo(file).Length > 0);
            }
        );

    private async Task<(GitClient Git, string Address)> ClientAsync(
        SshWay node,
        string door,
        PrimaryRepository repository,
        int version = 2
    ) =>
        door == Http
            ? (new GitClient(_folder).Speaking(version), node.Node.UrlOf(repository).AbsoluteUri)
            : (await node.GitOfAsync(node.Station.Alice, version), node.AddressOf(repository));

    /// <summary>The newest record, once there are so many.</summary>
    private async Task<JsonElement> NewestAsync(WaystationNode node, int count)
    {
        JsonElement[] all = [];
        await Eventually.TrueAsync($"{count} fetches are recorded", async () => (all = await FetchesAsync(node)).Length >= count);
        Assert.Equal(count, all.Length);
        return all[0];
    }

    private async Task<JsonElement[]> FetchesAsync(WaystationNode node)
    {
        string json = await _http.GetStringAsync(new Uri(node.Admin, "/api/v1/fetches"));
        return [.. JsonDocument.Parse(json).RootElement.EnumerateArray()];
    }
}
