using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;
using Waystation.Proxy.Options;
using Waystation.Proxy.Options.Reading;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Options;

/// <summary>The settings of the client addresses: certificates, plain addresses, redirects.</summary>
public sealed class TlsOptionsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly CertificateAuthority _authority = new();

    public TlsOptionsTests()
    {
        foreach (string name in (string[])["one", "two"])
        {
            using X509Certificate2 certificate = _authority.Issue([$"{name}.example.com"]);
            CertificateAuthority.Write(certificate, _folder[name + ".crt"], _folder[name + ".key"]);
        }
    }

    [Theory]
    [InlineData("http://0.0.0.0:1", null, "Tls:AllowPlain")]
    [InlineData("http://*:1", null, "Tls:AllowPlain")]
    [InlineData("http://127.0.0.1:1;http://10.0.0.1:1", "false", "Tls:AllowPlain")]
    [InlineData("http://127.0.0.1:1;http://[::1]:1", null, null)]
    [InlineData("http://0.0.0.0:1", "true", null)]
    [InlineData("https://0.0.0.0:1", null, "Tls:Certificate")]
    public void PlainHttp_NeedsAWordOfTheOperator_OnAnyAddressButLoopback(string listen, string? allow, string? named) =>
        AssertRefused(named, ("Listen", listen), ("Tls:AllowPlain", allow));

    [Fact]
    public void Certificates_AreRead_TheDefaultFirst()
    {
        NodeOptions options = Read(
            ("Listen", "https://0.0.0.0:1"),
            ("Tls:Certificates:0:File", _folder["two.crt"]),
            ("Tls:Certificates:0:Key", _folder["two.key"]),
            ("Tls:Certificate", _folder["one.crt"]),
            ("Tls:Key", _folder["one.key"]),
            ("Tls:RedirectFrom", "http://0.0.0.0:80;http://[::]:80")
        );

        Assert.Equal([_folder["one.crt"], _folder["two.crt"]], options.Tls.AllFiles.Select(static files => files.Certificate));
        Assert.Equal([80, 80], options.Tls.RedirectFrom.Select(static address => address.EndPoint.Port));
    }

    [Fact]
    public void FurtherCertificate_CanBeTheOnlyOne() =>
        Assert.Single(
            Read(
                ("Listen", "https://0.0.0.0:1"),
                ("Tls:Certificates:7:File", _folder["two.crt"]),
                ("Tls:Certificates:7:Key", _folder["two.key"])
            ).Tls.AllFiles
        );

    [Theory]
    [InlineData("one.crt", "two.key", "Tls:Certificate")]
    [InlineData("one.crt", null, "Tls:Certificate")]
    [InlineData("one.key", null, "Tls:Certificate")]
    [InlineData(null, "one.key", "Tls:Certificate")]
    public void KeyThatDoesNotFit_IsRefused(string? certificate, string? key, string named)
    {
        string? file = certificate is null ? null : _folder[certificate];
        string? keyFile = key is null ? null : _folder[key];
        AssertRefused(named, ("Tls:Certificate", file), ("Tls:Key", keyFile));
        AssertRefused("Tls:Certificates:0:File", ("Tls:Certificates:0:File", file), ("Tls:Certificates:0:Key", keyFile));
    }

    [Theory]
    [InlineData("http://127.0.0.1:1", "http://0.0.0.0:80", "Listen")]
    [InlineData("https://127.0.0.1:1", "https://0.0.0.0:80", "Tls:RedirectFrom")]
    public void Redirect_NeedsAPlainAddress_AndAnHttpsOne(string listen, string from, string named) =>
        AssertRefused(
            named,
            ("Listen", listen),
            ("Tls:RedirectFrom", from),
            ("Tls:Certificate", _folder["one.crt"]),
            ("Tls:Key", _folder["one.key"])
        );

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    private static void AssertRefused(string? named, params (string Name, string? Value)[] settings)
    {
        if (named is null)
        {
            Read(settings);
            return;
        }

        SettingsException refusal = Assert.Throws<SettingsException>(() => Read(settings));
        Assert.Contains(named, Assert.Single(refusal.Problems), StringComparison.Ordinal);
    }

    private static NodeOptions Read(params (string Name, string? Value)[] settings) =>
        OptionsReader.Read(
            new ConfigurationBuilder()
                .AddInMemoryCollection(
                    settings
                        .Append(("Primaries:0:Url", "http://git.example.test"))
                        .Append(("Data", "data"))
                        .Select(static one => new KeyValuePair<string, string?>(one.Item1, one.Item2))
                )
                .Build()
        );
}
