using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.SameAsDirect;

public sealed class OverTlsTests : IAsyncLifetime
{
    private static readonly History s_widgets = new(Seed: 14) { IncompressibleBytes = 3 << 20 };

    private readonly Station _station = new();
    private TlsFiles _files = null!;

    public async Task InitializeAsync()
    {
        _files = await TlsFiles.CreateAsync(_station.Folder);
        await _station.StartAsync(
            new NodeSettings
            {
                Listen = ["https://127.0.0.1:0", "http://127.0.0.1:0"],
                Options = ["--Tls:Certificate", _files.Certificate, "--Tls:Key", _files.Key],
            }
        );
    }

    public Task DisposeAsync() => _station.DisposeAsync();

    [Theory]
    [InlineData("HTTP/1.1", 2)]
    [InlineData("HTTP/2", 2)]
    [InlineData("HTTP/1.1", 0)]
    [InlineData("HTTP/2", 0)]
    public async Task Session_EqualsDirect_OverTls(string httpVersion, int protocolVersion)
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync($"private/{Guid.NewGuid():n}.git", s_widgets);
        GitClient plain = new GitClient(_station.Folder).Speaking(protocolVersion);
        GitClient secure = plain.With("http.sslCAInfo=" + _files.Authority).With("http.version=" + httpVersion);
        using var work = new TempFolder();
        plain = plain with { Folder = work.FullPath };
        secure = secure with { Folder = work.FullPath };

        await plain.RunAsync("clone", "--quiet", _station.Primary.UrlOf(repository, "alice").AbsoluteUri, "direct");
        (CommandResult _, IReadOnlyList<string> heard) = await secure.TraceAsync(
            "clone",
            "--quiet",
            _station.Node.UrlOf(repository, "alice").AbsoluteUri,
            "through"
        );
        Assert.NotEmpty(heard);
        await secure.RunAsync("clone", "--quiet", _station.Node.UrlOf(repository, "alice").AbsoluteUri, "again");
        await secure.In("again").RunAsync("commit", "--quiet", "--allow-empty", "--message", "Over TLS");
        await secure.In("again").RunAsync("push", "--quiet");
        await plain.In("direct").RunAsync("pull", "--quiet");
        await secure.In("through").RunAsync("pull", "--quiet");

        CloneState direct = await CloneState.OfAsync(plain.In("direct"));
        Assert.Equal(direct.Refs, (await CloneState.OfAsync(secure.In("again"))).Refs);
        Assert.Equal(direct, await CloneState.OfAsync(secure.In("through")));
    }

    [Fact]
    public async Task Node_SpeaksHttp2_WhenTheClientOffersIt()
    {
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = Trust.Only(_files.Authority);
        using var client = new HttpClient(handler) { DefaultRequestVersion = new Version(2, 0) };
        using HttpResponseMessage page = await client.GetAsync(new Uri(_station.Node.Url, "/index.html"));
        Assert.Equal(new Version(2, 0), page.Version);
        Assert.Contains("Ordinary page", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clone_Works_WhenTheNodeListensWithAndWithoutTls()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("public/both.git", s_widgets);
        GitClient client = new(_station.Folder);
        await client.RunAsync("clone", "--quiet", _station.Node.Urls[1].To(repository).AbsoluteUri, "plain");
        Assert.Equal("https", _station.Node.Urls[0].Scheme);
        Assert.Equal("http", _station.Node.Urls[1].Scheme);
        await client
            .With("http.sslCAInfo=" + _files.Authority)
            .RunAsync("clone", "--quiet", _station.Node.Urls[0].To(repository).AbsoluteUri, "secure");
        Assert.Equal(await CloneState.OfAsync(client.In("plain")), await CloneState.OfAsync(client.In("secure")));
    }
}
