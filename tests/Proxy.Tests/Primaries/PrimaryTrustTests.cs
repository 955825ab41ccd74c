using System.Diagnostics.Metrics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using Waystation.FetchCore.Tests;
using Waystation.Primaries;
using Waystation.Primaries.Http.Proxies;
using Waystation.Primaries.Http.Trust;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Logging;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Primaries;

/// <summary>Which certificate of a primary the node accepts, how it says what is wrong, and how it shows its own.</summary>
public sealed class PrimaryTrustTests : IDisposable
{
    private const string Name = "git.example.test";

    private readonly TempFolder _folder = new();
    private readonly CertificateAuthority _authority = new();
    private readonly CertificateAuthority _other = new("Other authority");
    private readonly ManualTime _time = new();

    public PrimaryTrustTests()
    {
        File.WriteAllText(_folder["ca.pem"], _other.Pem + "\n" + _authority.Pem + "\n");
        File.WriteAllText(_folder["other.pem"], _other.Pem + "\n");
    }

    [Theory]
    [InlineData(Name, "ca.pem", 1, null)]
    [InlineData(Name, null, 1, "TLS: the node knows no authority that issued its certificate (issuer: CN=Test authority")]
    [InlineData(Name, "other.pem", 1, "TLS: the node knows no authority that issued its certificate (issuer: CN=Test authority")]
    [InlineData("other.example.test", "ca.pem", 1, "TLS: its certificate is for another name: other.example.test")]
    [InlineData(Name, "ca.pem", -1, "TLS: the certificate of CN=git.example.test expired at ")]
    public async Task Certificate_IsAccepted_OrTheReasonIsSaid(string name, string? authorities, int days, string? words)
    {
        using X509Certificate2 certificate = _authority.Issue([name], DateTimeOffset.UtcNow.AddDays(days));
        await using ScriptedPrimary server = await ScriptedPrimary.StartAsync(Answer, certificate);
        using Primary primary = New(server, new PrimaryTlsOptions { CaFile = authorities is null ? null : _folder[authorities] });

        await AssertAsync(words, primary);
        Assert.Equal(words is null ? 1 : 0, server.Requests.Count);
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, "TLS: no key of its certificate chain is one of Tls:Pin; the key of its certificate is sha256//")]
    public async Task Pin_IsDemanded_BesideTrust(bool isRight, string? words)
    {
        using X509Certificate2 certificate = _authority.Issue([Name]);
        using X509Certificate2 foreign = _authority.Issue([Name]);
        await using ScriptedPrimary server = await ScriptedPrimary.StartAsync(Answer, certificate);
        using Primary primary = New(
            server,
            new PrimaryTlsOptions { CaFile = _folder["ca.pem"], Pin = [PinOf(foreign), isRight ? PinOf(certificate) : PinOf(foreign)] }
        );
        using Primary untrusting = New(server, new PrimaryTlsOptions { Pin = [PinOf(certificate)] });

        await AssertAsync(words, primary);
        await AssertAsync("TLS: the node knows no authority", untrusting);
    }

    [Fact]
    public async Task AuthorityOfTheFile_IsFollowed_WhenItChanges()
    {
        using X509Certificate2 certificate = _authority.Issue([Name]);
        await using ScriptedPrimary server = await ScriptedPrimary.StartAsync(Answer, certificate);
        using Primary primary = New(server, new PrimaryTlsOptions { CaFile = _folder["other.pem"] });

        await AssertAsync("TLS: the node knows no authority", primary);
        await File.WriteAllTextAsync(_folder["other.pem"], _authority.Pem);
        await AssertAsync(null, primary);
    }

    [Fact]
    public async Task OwnCertificate_IsShown_AndRenewed_AndNotShownToAStorage()
    {
        using X509Certificate2 certificate = _authority.Issue([Name]);
        string? shown = null;
        await using ScriptedPrimary server = await ScriptedPrimary.StartAsync(
            context =>
            {
                shown = context.Connection.ClientCertificate?.Thumbprint;
                return Answer(context);
            },
            certificate,
            asksForCertificate: true
        );
        using X509Certificate2 first = WriteOwn();
        var options = new PrimaryTlsOptions
        {
            CaFile = _folder["ca.pem"],
            Certificate = _folder["own.crt"],
            Key = _folder["own.key"],
        };
        using Primary primary = New(server, options);

        await AssertAsync(null, primary);
        Assert.Equal(first.Thumbprint, shown);
        using X509Certificate2 second = WriteOwn();
        _time.Turn(TimeSpan.FromSeconds(2));
        await AssertAsync(null, primary);
        Assert.Equal(second.Thumbprint, shown);
        Assert.Null(primary.Http.Trust.ForOthers().ClientCertificateContext);
    }

    [Fact]
    public void OwnCertificate_IsMeasured_AndFollowed()
    {
        using X509Certificate2 own = WriteOwn();
        var tls = new PrimaryTlsOptions { Certificate = _folder["own.crt"], Key = _folder["own.key"] };
        using var meter = new Meter("own certificate");
        using var map = new PrimaryMap(
            [
                new PrimaryOptions { Url = new Uri($"https://{Name}"), Tls = tls },
                new PrimaryOptions { Url = new Uri("https://other.test") },
            ],
            _time,
            meter,
            new RecordedLog<Primary>()
        );
        string files = $"file={_folder["own.crt"]} primary={Name}";
        long left = (long)(own.NotAfter.ToUniversalTime() - _time.GetUtcNow().UtcDateTime).TotalSeconds;
        Assert.Equal([(files, left)], Read(meter, "waystation_primary_certificate_seconds_left"));
        Assert.Equal([(files, 0L)], Read(meter, "waystation_primary_certificate_files_wrong"));

        File.WriteAllText(_folder["own.key"], "no key");
        _time.Turn(TimeSpan.FromSeconds(2));
        Assert.Equal([(files, 1L)], Read(meter, "waystation_primary_certificate_files_wrong"));
        Assert.Equal([(files, left - 2)], Read(meter, "waystation_primary_certificate_seconds_left"));
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("node:secret", "secret", null)]
    [InlineData("node:secret", "wrong", "refuses the login of the node (407)")]
    [InlineData("node:secret", null, "demands a login (407)")]
    public async Task Proxy_IsUsed_ForHttpsAndHttp(string? login, string? password, string? words)
    {
        await using var proxy = new ForwardProxy(login);
        await File.WriteAllTextAsync(_folder["password"], password + "\n");
        var through = new ProxyOptions
        {
            Url = proxy.Url,
            Username = password is null ? null : "node",
            PasswordFile = password is null ? null : _folder["password"],
        };
        using X509Certificate2 certificate = _authority.Issue([Name]);
        await using ScriptedPrimary secure = await ScriptedPrimary.StartAsync(Answer, certificate);
        await using ScriptedPrimary plain = await ScriptedPrimary.StartAsync(Answer);
        var tls = new PrimaryTlsOptions { CaFile = _folder["ca.pem"], Pin = [PinOf(certificate)] };
        using Primary overTls = New(secure, tls, through);
        using Primary inPlain = New(plain, new PrimaryTlsOptions(), through, "http");

        await AssertAsync(words, overTls);
        await AssertAsync(words, inPlain, new ByteArrayContent([1, 2, 3]));

        // The proxy gets the address, the primary its name.
        Assert.Equal(words is null ? [$"CONNECT {secure.Authority}", $"POST http://{plain.Authority}/page"] : [], proxy.Requests);
        Assert.All(secure.Requests.Concat(plain.Requests), static seen => Assert.Equal(Name, seen.Header("Host")));
        Assert.All(secure.Requests.Concat(plain.Requests), static seen => Assert.Null(seen.Header("Proxy-Authorization")));
    }

    [Theory]
    [InlineData("https://git.example.com/", "http://s:1/")]
    [InlineData("http://git.example.com/", "http://p:2/")]
    [InlineData("https://inner.corp/", null)]
    [InlineData("https://deep.inner.corp/", null)]
    [InlineData("https://notinner.corp/", "http://s:1/")]
    [InlineData("https://exact.example.org/", null)]
    [InlineData("https://10.1.2.3/", null)]
    [InlineData("https://11.1.2.3/", "http://s:1/")]
    [InlineData("https://[fd00::7]/", null)]
    [InlineData("https://127.0.0.1:8443/", null)]
    public void Environment_IsRead_AsCurlReadsIt(string url, string? proxy)
    {
        Dictionary<string, string> variables = new()
        {
            ["https_proxy"] = "user:pass@s:1",
            ["HTTPS_PROXY"] = "http://ignored:9",
            ["ALL_PROXY"] = "http://p:2",
            ["NO_PROXY"] = ".inner.corp, exact.example.org 10.0.0.0/8,[fd00::]/8,127.0.0.1",
        };

        Assert.Equal(proxy, ProxyRoute.OfEnvironment(variables.GetValueOrDefault).GetProxy(new Uri(url))?.AbsoluteUri);
    }

    [Fact]
    public void Environment_HasALogin_AndCanTurnAllProxiesOff()
    {
        ProxyRoute route = ProxyRoute.OfEnvironment(static name => name == "https_proxy" ? "http://u%40x:p%3A@s:1" : null);
        NetworkCredential login = route.Credentials!.GetCredential(new Uri("http://s:1"), "Basic")!;
        Assert.Equal(("u@x", "p:"), (login.UserName, login.Password));
        Assert.Null(route.Credentials.GetCredential(new Uri("http://other:1"), "Basic"));
        Assert.True(
            ProxyRoute
                .OfEnvironment(static name =>
                    name switch
                    {
                        "NO_PROXY" => "*",
                        "ALL_PROXY" => "http://p:2",
                        _ => null,
                    }
                )
                .IsBypassed(new Uri("https://git.example.com"))
        );
    }

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
        _folder.Dispose();
    }

    private static Task Answer(HttpContext context) => context.Response.WriteAsync("ok");

    private static string PinOf(X509Certificate2 certificate) =>
        "sha256//" + Convert.ToBase64String(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    private static async Task AssertAsync(string? words, Primary primary, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(content is null ? HttpMethod.Get : HttpMethod.Post, primary.Http.UriOf("/page"))
        {
            Content = content,
        };
        request.Headers.Host = primary.Authority;
        if (words is null)
        {
            using HttpResponseMessage answer = await primary.Http.Invoker.SendAsync(request, CancellationToken.None);
            Assert.Equal("ok", await answer.Content.ReadAsStringAsync());
            return;
        }

        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() =>
            primary.Http.Invoker.SendAsync(request, CancellationToken.None)
        );
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
    }

    private Primary New(ScriptedPrimary server, PrimaryTlsOptions tls, ProxyOptions? proxy = null, string scheme = "https") =>
        new(
            new PrimaryOptions
            {
                Url = new Uri($"{scheme}://{Name}"),
                Address = new DnsEndPoint("127.0.0.1", server.Port),
                Tls = tls,
                Proxy = proxy ?? new ProxyOptions(),
            },
            _time,
            new RecordedLog<Primary>()
        );

    private static List<(string Labels, long Value)> Read(Meter meter, string name)
    {
        List<(string, long)> read = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, to) =>
        {
            if (instrument.Meter == meter && instrument.Name == name)
            {
                to.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>(
            (_, value, labels, _) =>
                read.Add(
                    (
                        string.Join(' ', labels.ToArray().OrderBy(static one => one.Key).Select(static one => $"{one.Key}={one.Value}")),
                        value
                    )
                )
        );
        listener.Start();
        listener.RecordObservableInstruments();
        return read;
    }

    private X509Certificate2 WriteOwn()
    {
        X509Certificate2 own = _authority.Issue(["node.example.test"]);
        CertificateAuthority.Write(own, _folder["own.crt"], _folder["own.key"]);
        return own;
    }
}
