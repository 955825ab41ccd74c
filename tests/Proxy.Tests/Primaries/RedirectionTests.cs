using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Primaries;

/// <summary>The primary's name leads to the node, so the node is given the primary's own address.</summary>
public sealed class RedirectionTests
{
    [Fact]
    public async Task Address_IsConnectedTo_UnderThePrimarysName()
    {
        await using ScriptedPrimary primary = await ScriptedPrimary.StartAsync(context => context.Response.WriteAsync("ok"));
        await using WaystationNode node = await StartAsync("http", primary, []);
        using HttpClient client = Front.NewClient();

        Assert.Equal("ok", await client.GetStringAsync(new Uri(node.Url, "/page")));
        Assert.Equal("git.example.test", primary.Request.Header("Host"));
    }

    [Fact]
    public async Task Name_IsKept_InTlsAndHost()
    {
        using var folder = new TempFolder();
        using X509Certificate2 certificate = MakeCertificate("git.example.test");
        await File.WriteAllTextAsync(folder["ca.pem"], certificate.ExportCertificatePem());
        await using ScriptedPrimary primary = await ScriptedPrimary.StartAsync(context => context.Response.WriteAsync("ok"), certificate);
        await using WaystationNode node = await StartAsync("https", primary, new() { ["SSL_CERT_FILE"] = folder["ca.pem"] });
        using HttpClient client = Front.NewClient();

        Assert.Equal("ok", await client.GetStringAsync(new Uri(node.Url, "/page")));
        Assert.Equal(("git.example.test", "git.example.test"), (primary.ServerName, primary.Request.Header("Host")));
    }

    [Theory]
    [InlineData("git.example.test", false)]
    [InlineData("other.example.test", true)]
    public async Task Certificate_ThatIsNotToBeTrusted_IsBadGateway(string name, bool trusted)
    {
        using var folder = new TempFolder();
        using X509Certificate2 certificate = MakeCertificate(name);
        await File.WriteAllTextAsync(folder["ca.pem"], certificate.ExportCertificatePem());
        await using ScriptedPrimary primary = await ScriptedPrimary.StartAsync(context => context.Response.WriteAsync("ok"), certificate);
        await using WaystationNode node = await StartAsync("https", primary, trusted ? new() { ["SSL_CERT_FILE"] = folder["ca.pem"] } : []);
        using HttpClient client = Front.NewClient();

        using HttpResponseMessage answer = await client.GetAsync(new Uri(node.Url, "/page"));

        Assert.Equal((HttpStatusCode.BadGateway, 0), (answer.StatusCode, primary.Requests.Count));
        string text = await answer.Content.ReadAsStringAsync();
        Assert.Contains(
            trusted ? "TLS: its certificate is for another name" : "TLS: the node knows no authority",
            text,
            StringComparison.Ordinal
        );
        await Eventually.TrueAsync("the log says it too", () => node.Log.Contains("TLS: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ForeignHost_IsMisdirected_WhenThereAreTwoPrimaries()
    {
        await using ScriptedPrimary primary = await ScriptedPrimary.StartAsync(context => context.Response.WriteAsync("ok"));
        await using WaystationNode node = await WaystationNode.StartAsync(
            new Uri("http://git.example.test"),
            new NodeSettings
            {
                Options =
                [
                    "--primary-address",
                    primary.Authority,
                    "--Primaries:1:Url",
                    "http://two.example.test",
                    "--Primaries:1:Address",
                    primary.Authority,
                ],
            }
        );
        using HttpClient client = Front.NewClient();

        Assert.Equal(HttpStatusCode.MisdirectedRequest, await AskAsync("three.example.test"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync("TWO.example.test:99"));
        Assert.Equal("two.example.test", primary.Request.Header("Host"));

        async Task<HttpStatusCode> AskAsync(string host)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Url, "/page"));
            request.Headers.Host = host;
            using HttpResponseMessage answer = await client.SendAsync(request);
            return answer.StatusCode;
        }
    }

    private static Task<WaystationNode> StartAsync(string scheme, ScriptedPrimary primary, Dictionary<string, string> environment) =>
        WaystationNode.StartAsync(
            new Uri($"{scheme}://git.example.test"),
            new NodeSettings { Options = ["--primary-address", primary.Authority], Environment = environment }
        );

    private static X509Certificate2 MakeCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
