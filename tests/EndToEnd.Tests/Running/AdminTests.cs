using System.Net;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Running;

/// <summary>The node's own pages are on the admin address and nowhere else.</summary>
public sealed class AdminTests(Station station) : IClassFixture<Station>, IDisposable
{
    private readonly HttpClient _client = new();

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    [InlineData("/metrics")]
    public async Task Page_IsOnTheAdminAddress_AndTheClientsGetThePrimarysInstead(string path)
    {
        using HttpResponseMessage admin = await _client.GetAsync(new Uri(station.Node.Admin, path));
        Assert.Equal(HttpStatusCode.OK, admin.StatusCode);
        using HttpResponseMessage direct = await _client.GetAsync(new Uri(station.Primary.Url, path));
        using HttpResponseMessage through = await _client.GetAsync(new Uri(station.Node.Url, path));
        Assert.Equal(HttpStatusCode.NotFound, direct.StatusCode);
        Assert.Equal(direct.StatusCode, through.StatusCode);
        Assert.DoesNotContain("waystation_", await through.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Admin_RefusesAForeignHost_SoThatNoWebPageReachesItByAName()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(station.Node.Admin, "/metrics"));
        request.Headers.Host = "evil.example.com";
        using HttpResponseMessage answer = await _client.SendAsync(request);
        Assert.InRange((int)answer.StatusCode, 400, 499);
    }

    [Fact]
    public async Task Admin_IsNoProxy_ForTheRepositories()
    {
        PrimaryRepository repository = await station.Primary.CreateAsync("public/admin.git", new History(Seed: 95));
        using HttpResponseMessage answer = await _client.GetAsync(
            new Uri(station.Node.Admin, $"/{repository.Name}/info/refs?service=git-upload-pack")
        );
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Metrics_HaveTheNamesThatDashboardsRelyOn()
    {
        PrimaryRepository repository = await station.Primary.CreateAsync("public/metrics.git", new History(Seed: 96));
        using var folder = new TempFolder();
        await new GitClient(folder).RunAsync("clone", "--quiet", station.Node.UrlOf(repository).AbsoluteUri, "one");
        NodeMetrics metrics = await station.Node.MetricsAsync();
        Assert.True(metrics.Sum("waystation_fetches_total") >= 1);
        Assert.True(metrics.Sum("waystation_upstream_requests_total") >= 2);
        Assert.True(metrics.Sum("waystation_pack_cache_bytes") > 0);
    }

    [Fact]
    public async Task Metrics_ShowEveryCounter_BeforeAnythingHappened()
    {
        await using WaystationNode fresh = await WaystationNode.StartAsync(new Uri("http://127.0.0.1:9"));
        string page = await _client.GetStringAsync(new Uri(fresh.Admin, "/metrics"));
        Assert.Contains("waystation_fetches_total{outcome=\"hit\"} 0", page, StringComparison.Ordinal);
        Assert.Contains("waystation_pack_cache_quarantined_total 0", page, StringComparison.Ordinal);
        Assert.Contains("waystation_pack_cache_bytes 0", page, StringComparison.Ordinal);
    }

    public void Dispose() => _client.Dispose();
}
