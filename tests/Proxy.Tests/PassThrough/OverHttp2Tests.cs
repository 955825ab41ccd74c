using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.PassThrough;

/// <summary>Targets that HTTP/2 can carry and a request line of HTTP/1.1 cannot.</summary>
public sealed class OverHttp2Tests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private ScriptedPrimary _primary = null!;
    private WaystationNode _node = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        TlsFiles files = await TlsFiles.CreateAsync(_folder);
        _primary = await ScriptedPrimary.StartAsync();
        _primary.AnswerText("ok");
        _node = await WaystationNode.StartAsync(
            _primary.Url,
            new NodeSettings
            {
                Listen = ["https://127.0.0.1:0"],
                Options = ["--Tls:Certificate", files.Certificate, "--Tls:Key", files.Key],
            }
        );
        _client = new HttpClient(
            new SocketsHttpHandler
            {
                UseProxy = false,
                SslOptions = new SslClientAuthenticationOptions
                {
                    CertificateChainPolicy = new X509ChainPolicy
                    {
                        TrustMode = X509ChainTrustMode.CustomRootTrust,
                        CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(files.Authority) },
                        RevocationMode = X509RevocationMode.NoCheck,
                    },
                },
                RequestHeaderEncodingSelector = static (_, _) => System.Text.Encoding.Latin1,
            }
        )
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _node.DisposeAsync();
        await _primary.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("/a b")]
    [InlineData("/a.git/info/refs?service=git-upload-pack HTTP/1.1")]
    [InlineData("/a\tb")]
    [InlineData("/a\u007fb")]
    public async Task PathThatIsNotOneWord_DoesNotGoOn(string path)
    {
        using HttpResponseMessage answer = await _client.GetAsync(At(path));

        Assert.Equal((HttpStatusCode.BadRequest, HttpVersion.Version20), (answer.StatusCode, answer.Version));
        Assert.Equal(0, (await _node.MetricsAsync()).Sum("waystation_upstream_requests_total"));
    }

    [Theory]
    [InlineData("/a%20b?c=%09")]
    [InlineData("/a\"<>^`{|}b")]
    public async Task PathOfPrintableBytes_GoesOnToTheLetter(string path)
    {
        using HttpResponseMessage answer = await _client.GetAsync(At(path));

        Assert.Equal((HttpStatusCode.OK, path), (answer.StatusCode, _primary.Request.Target));
    }

    [Fact]
    public async Task LongCredential_AndFieldsBeyondAscii_GoOn()
    {
        string token = "Bearer " + new string('k', 88 * 1024);
        using var request = new HttpRequestMessage(HttpMethod.Get, At("/page"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TryAddWithoutValidation("Authorization", token);
        request.Headers.TryAddWithoutValidation("X-Name", "J\u00fcrgen \u0080");

        using HttpResponseMessage answer = await _client.SendAsync(request);

        SeenRequest seen = _primary.Request;
        Assert.Equal(
            (HttpStatusCode.OK, token, "J\u00fcrgen \u0080"),
            (answer.StatusCode, seen.Header("Authorization"), seen.Header("X-Name"))
        );
    }

    private Uri At(string path) =>
        new(
            _node.Url.GetLeftPart(UriPartial.Authority) + path,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
        );
}
