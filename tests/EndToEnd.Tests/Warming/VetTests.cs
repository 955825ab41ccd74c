using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Warming;

/// <summary>With a service credential mirrors follow the primary by themselves, and mend themselves.</summary>
public sealed class VetTests : IAsyncLifetime
{
    private static readonly History s_widgets = new(Seed: 41) { Commits = 30 };

    private readonly Station _station = new();
    private readonly TempFolder _folder = new();

    private string SecretFile => _folder["service-password"];

    public async Task InitializeAsync() => await _station.StartAsync(await VettedNode.SettingsAsync(_folder));

    public async Task DisposeAsync()
    {
        await _station.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Commit_IsHereBeforeAnybodyAsks()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync($"private/{Guid.NewGuid():n}.git", s_widgets);
        GitClient client = new(_folder);
        string url = _station.Node.UrlOf(repository, "bob").AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "one");
        await Eventually.TrueAsync("there is a mirror", async () => (await _station.Node.MetricsAsync()).Sum("waystation_mirrors") == 1);
        string tip = await repository.CommitAsync();
        await Eventually.TrueAsync("the vet brought the commit", () => repository.PacksMade == 2);
        await Eventually.TrueAsync(
            "the report says so",
            async () => (await VetAsync()).Sum(static round => round.GetProperty("mended").GetInt32()) >= 1
        );
        await client.RunAsync("clone", "--quiet", url, "two");
        await client.In("one").RunAsync("fetch", "--quiet");
        Assert.Equal(2, repository.PacksMade);
        foreach (string clone in (string[])["one", "two"])
        {
            Assert.Equal(tip, await client.In(clone).ReadAsync("rev-parse", "origin/main"));
        }

        // The vet sees a deleted branch and a rewound one as well, and a round without news costs little.
        await repository.GitAsync("update-ref", "refs/heads/main", "refs/heads/main~3");
        await Eventually.TrueAsync(
            "rounds go on",
            async () => (await VetAsync())[0].GetProperty("failed").GetInt32() == 0 && (await VetAsync()).Count >= 3
        );
        await client.RunAsync("clone", "--quiet", url, "three");
        Assert.Equal(await repository.ResolveAsync("main"), await client.In("three").ReadAsync("rev-parse", "HEAD"));
        Assert.Equal(2, repository.PacksMade);
    }

    [Fact]
    public async Task Warm_ClonesAhead_SoThatTheFirstCloneCostsThePrimaryNothing()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync($"private/{Guid.NewGuid():n}.git", s_widgets);
        CommandResult warm = await WaystationAsync("warm", repository.Name);
        Assert.Equal((0, ""), (warm.ExitCode, warm.Error));
        await Eventually.TrueAsync("there is a mirror", async () => (await _station.Node.MetricsAsync()).Sum("waystation_mirrors") == 1);
        Assert.Equal(1, repository.PacksMade);
        GitClient client = new(_folder);
        await client.RunAsync("clone", "--quiet", _station.Node.UrlOf(repository, "bob").AbsoluteUri, "one");
        await client.RunAsync("clone", "--quiet", "--depth=1", _station.Node.UrlOf(repository, "bob").AbsoluteUri, "two");
        Assert.Equal(1, repository.PacksMade);
        CommandResult denied = await client.TryAsync("clone", "--quiet", _station.Node.UrlOf(repository, "mallory").AbsoluteUri, "three");
        Assert.NotEqual(0, denied.ExitCode);
    }

    [Fact]
    public async Task FailedWork_IsTriedAgain_AndOutlivesARestart()
    {
        await File.WriteAllTextAsync(SecretFile, "not-the-password\n");
        PrimaryRepository repository = await _station.Primary.CreateAsync($"private/{Guid.NewGuid():n}.git", s_widgets);
        Assert.Equal(0, (await WaystationAsync("warm", repository.Name)).ExitCode);
        await Eventually.TrueAsync("it failed", async () => await FailuresAsync() >= 1);
        Assert.Contains("the primary refuses the service credential", (await WaystationAsync("queue")).Output, StringComparison.Ordinal);
        Assert.Equal(0, await _station.Node.StopAsync());
        await _station.Node.StartAgainAsync();
        Assert.InRange(await FailuresAsync(), 1, int.MaxValue);

        // The secret is exchanged while the node runs; a sync by command does not wait for the next try.
        await File.WriteAllTextAsync(SecretFile, "alice-secret\n");
        Assert.Equal(0, (await WaystationAsync("sync", repository.Name)).ExitCode);
        await Eventually.TrueAsync("there is a mirror", async () => (await _station.Node.MetricsAsync()).Sum("waystation_mirrors") == 1);
        await Eventually.TrueAsync("nothing is left that failed", async () => await FailuresAsync() == 0);
    }

    [Fact]
    public async Task Selection_ChangesBothWays_WhileTheNodeRuns()
    {
        string config = _folder["settings.json"];
        await File.WriteAllTextAsync(config, Selecting("public/chosen*"));
        await using WaystationNode node = await WaystationNode.StartAsync(
            _station.Primary.Url,
            new NodeSettings { Options = ["--config", config] }
        );
        PrimaryRepository repository = await _station.Primary.CreateAsync($"public/other-{Guid.NewGuid():n}.git", s_widgets);
        GitClient client = new(_folder);
        string url = node.UrlOf(repository).AbsoluteUri;
        (_, IReadOnlyList<string> first) = await client.TraceAsync("clone", "--quiet", url, "one");
        Assert.Contains("waystation; fwd=bypass; detail=not-selected", first);
        await File.WriteAllTextAsync(config, Selecting("public/other*"));
        await Eventually.TrueAsync(
            "the file was read again",
            () => node.Log.Contains("the settings file was read again", StringComparison.Ordinal)
        );
        await client.RunAsync("clone", "--quiet", url, "two");
        (_, IReadOnlyList<string> third) = await client.TraceAsync("clone", "--quiet", url, "three");
        Assert.Contains("waystation; hit", third);
        await File.WriteAllTextAsync(config, "{ \"Primaries\": { \"0\": { \"Projekts\": { \"Include\": \"x\" } } } }");
        await Eventually.TrueAsync(
            "the wrong file is told of",
            () => node.Log.Contains("keeps the earlier selection", StringComparison.Ordinal)
        );
        (_, IReadOnlyList<string> fourth) = await client.TraceAsync("clone", "--quiet", url, "four");
        Assert.Contains("waystation; hit", fourth);
        await File.WriteAllTextAsync(config, Selecting("public/chosen*"));
        await Eventually.TrueAsync(
            "it is not selected any more",
            async () => (await client.TraceAsync("ls-remote", url)).CacheStatus.Contains("waystation; fwd=bypass; detail=not-selected")
        );
    }

    [Fact]
    public async Task Notice_IsSent_WhenAMirrorWasBroughtUpToDate()
    {
        using var listener = new HttpListener();
        int port = FreePort.Find();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        string secret = _folder["notice-secret"];
        await File.WriteAllTextAsync(secret, "hush\n");
        await using WaystationNode node = await WaystationNode.StartAsync(
            _station.Primary.Url,
            new NodeSettings { Options = ["--Notify:Url", $"http://127.0.0.1:{port}/news", "--Notify:SecretFile", secret] }
        );
        PrimaryRepository repository = await _station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git", s_widgets);
        GitClient client = new(_folder);
        await client.RunAsync("clone", "--quiet", node.UrlOf(repository).AbsoluteUri, "one");
        await Eventually.TrueAsync("there is a mirror", async () => (await node.MetricsAsync()).Sum("waystation_mirrors") == 1);
        await repository.CommitAsync();
        Task<HttpListenerContext> told = listener.GetContextAsync();
        await client.In("one").RunAsync("fetch", "--quiet");
        HttpListenerContext notice = await told.WaitAsync(TimeSpan.FromSeconds(60));
        using var body = new MemoryStream();
        await notice.Request.InputStream.CopyToAsync(body);
        notice.Response.Close();
        using var json = JsonDocument.Parse(body.ToArray());
        Assert.Equal("mirror synchronized", json.RootElement.GetProperty("event").GetString());
        Assert.EndsWith(repository.Name, json.RootElement.GetProperty("repo").GetString(), StringComparison.Ordinal);
        string signature = "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes("hush"), body.ToArray()));
        Assert.Equal(signature, notice.Request.Headers["X-Waystation-Signature-256"]);
    }

    [Fact]
    public async Task Notice_FollowsNoRedirect()
    {
        using HttpListener elsewhere = Listen(out int elsewherePort),
            listener = Listen(out int port);
        await using WaystationNode node = await WaystationNode.StartAsync(
            _station.Primary.Url,
            new NodeSettings { Options = ["--Notify:Url", $"http://127.0.0.1:{port}/news"] }
        );
        PrimaryRepository repository = await _station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git", s_widgets);
        GitClient client = new(_folder);
        await client.RunAsync("clone", "--quiet", node.UrlOf(repository).AbsoluteUri, "one");
        await Eventually.TrueAsync("there is a mirror", async () => (await node.MetricsAsync()).Sum("waystation_mirrors") == 1);
        await repository.CommitAsync();
        Task<HttpListenerContext> told = listener.GetContextAsync(),
            followed = elsewhere.GetContextAsync();
        await client.In("one").RunAsync("fetch", "--quiet");
        HttpListenerContext notice = await told.WaitAsync(TimeSpan.FromSeconds(60));
        notice.Response.StatusCode = 307;
        notice.Response.RedirectLocation = $"http://127.0.0.1:{elsewherePort}/news";
        notice.Response.Close();
        await Eventually.TrueAsync(
            "the failure is in the log",
            () => followed.IsCompleted || node.Log.Contains("could not be sent", StringComparison.Ordinal)
        );
        Assert.False(followed.IsCompleted);
    }

    private static HttpListener Listen(out int port)
    {
        port = FreePort.Find();
        var listener = new HttpListener();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        return listener;
    }

    private static string Selecting(string glob) => $$"""{ "Primaries": { "0": { "Projects": { "Include": "{{glob}}" } } } }""";

    private async Task<IReadOnlyList<JsonElement>> VetAsync()
    {
        using var json = JsonDocument.Parse((await WaystationAsync("vet", "--json")).Output);
        return [.. json.RootElement.EnumerateArray().Select(static round => round.Clone())];
    }

    private async Task<int> FailuresAsync()
    {
        using var json = JsonDocument.Parse((await WaystationAsync("queue", "--json")).Output);
        return json.RootElement.EnumerateArray().Sum(static work => work.GetProperty("failures").GetInt32());
    }

    private Task<CommandResult> WaystationAsync(params string[] arguments) =>
        new Command(Checkout.Program, [.. arguments, "--admin", _station.Node.Admin.AbsoluteUri])
        {
            Environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Checkout.DotnetRoot },
        }.RunAsync();
}
