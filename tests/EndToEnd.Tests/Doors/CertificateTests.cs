using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Doors;

/// <summary>The certificates of a running node: by name, exchanged under load, and plain addresses beside them.</summary>
public sealed class CertificateTests : IAsyncLifetime
{
    private readonly Station _station = new();
    private readonly CertificateAuthority _authority = new();
    private readonly int _plainPort = FreePort.Find();

    public async Task InitializeAsync()
    {
        TempFolder folder = _station.Folder;
        await File.WriteAllTextAsync(folder["ca.pem"], _authority.Pem);
        Write("main", "127.0.0.1", "localhost");
        Write("other", "*.example.test");
        await _station.StartAsync(
            new NodeSettings
            {
                Listen = ["https://127.0.0.1:0"],
                Options =
                [
                    "--Tls:Certificate",
                    folder["main.crt"],
                    "--Tls:Key",
                    folder["main.key"],
                    "--Tls:Certificates:0:File",
                    folder["other.crt"],
                    "--Tls:Certificates:0:Key",
                    folder["other.key"],
                    "--Tls:RedirectFrom",
                    $"http://127.0.0.1:{_plainPort}",
                ],
            }
        );
    }

    public Task DisposeAsync()
    {
        _authority.Dispose();
        return _station.DisposeAsync();
    }

    /// <summary>A record of a handshake that is none, or is no ClientHello.</summary>
    [Theory]
    [InlineData("1603010004" + "02000000")]
    [InlineData("1603010004" + "00000000")]
    [InlineData("1603030006" + "0e0000020000")]
    [InlineData("160301000101")]
    public async Task BytesThatAreNoHello_EndTheConnection_AndAreNoFault(string bytes)
    {
        using (RawConnection connection = await RawConnection.OpenAsync(_station.Node.Url))
        {
            await connection.SendAsync(Convert.FromHexString(bytes));
            connection.EndSending();
            try
            {
                await connection.ReadToEndAsync();
            }
            catch (Exception e) when (e is InvalidOperationException or IOException or System.Net.Sockets.SocketException)
            {
                // The node has closed the connection.
            }
        }

        await Eventually.TrueAsync(
            "the connection has ended",
            async () => (await _station.Node.MetricsAsync()).Sum("waystation_client_connections") == 0
        );
        Assert.DoesNotContain("Unhandled", _station.Node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rotation_FailsNoRequest_AndAWrongFileChangesNothing()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("public/load.git", new History(Seed: 1));
        using var end = new CancellationTokenSource();
        var ended = new ConcurrentDictionary<string, int>();
        Task[] load =
        [
            // Each request over a connection of its own, so that handshakes happen all the time; and over kept ones of both versions.
            .. Enumerable.Range(0, 3).Select(_ => AskAsync(new Version(1, 1), TimeSpan.Zero)),
            AskAsync(new Version(1, 1), Timeout.InfiniteTimeSpan),
            AskAsync(new Version(2, 0), Timeout.InfiniteTimeSpan),
            CloneAsync(),
        ];
        try
        {
            for (int round = 0; round < 2; round++)
            {
                string thumbprint = Write("main", "127.0.0.1", $"round{round}.example.test");
                await Eventually.TrueAsync("the new certificate is shown", async () => await ShownAsync("") == thumbprint);
                Assert.Equal(thumbprint, await ShownAsync($"round{round}.example.test"));
                await MoreAsync();

                await File.WriteAllTextAsync(_station.Folder["main.crt"], "-----BEGIN CERTIFICATE-----\nhalf");
                await Eventually.TrueAsync(
                    "the metric says that the file is wrong",
                    async () => (await _station.Node.MetricsAsync()).Sum("waystation_certificate_files_wrong") == 1
                );
                Assert.Equal(thumbprint, await ShownAsync(""));
                await MoreAsync();
            }
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(load);
        }

        Assert.Equal(["clone", "200"], ended.Keys.Order(StringComparer.Ordinal).Reverse());
        await Eventually.TrueAsync(
            "the log says that the file is wrong",
            () => _station.Node.Log.Contains($"certificate in {_station.Folder["main.crt"]} cannot be used", StringComparison.Ordinal)
        );

        async Task AskAsync(Version version, TimeSpan lifetime)
        {
            using var handler = new SocketsHttpHandler { PooledConnectionLifetime = lifetime };
            handler.SslOptions.CertificateChainPolicy = Trust.Only(_station.Folder["ca.pem"]);
            using var client = new HttpClient(handler)
            {
                DefaultRequestVersion = version,
                DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            while (!end.IsCancellationRequested)
            {
                string how;
                try
                {
                    using HttpResponseMessage answer = await client.GetAsync(new Uri(_station.Node.Url, "/index.html"));
                    how = ((int)answer.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    how = e.ToString();
                }

                ended.AddOrUpdate(how, 1, static (_, count) => count + 1);
            }
        }

        async Task CloneAsync()
        {
            GitClient git = new GitClient(_station.Folder).With("http.sslCAInfo=" + _station.Folder["ca.pem"]);
            for (int i = 0; !end.IsCancellationRequested; i++)
            {
                CommandResult clone = await git.TryAsync("clone", "--quiet", _station.Node.UrlOf(repository).AbsoluteUri, $"clone{i}");
                ended.AddOrUpdate(clone.ExitCode == 0 ? "clone" : clone.ToString(), 1, static (_, count) => count + 1);
            }
        }

        Task MoreAsync()
        {
            (int requests, int clones) = (Count("200"), Count("clone"));
            return Eventually.TrueAsync("the load goes on", () => Count("200") > requests + 20 && Count("clone") > clones);
        }

        int Count(string how) => ended.GetValueOrDefault(how);
    }

    [Fact]
    public async Task Handshake_ShowsTheCertificateOfTheName_FromTls12On()
    {
        Assert.Contains("CN=*.example.test", await HandshakeAsync("-servername", "git.example.test", "-tls1_2"), StringComparison.Ordinal);
        Assert.Contains("ALPN protocol: h2", await HandshakeAsync("-alpn", "h2,http/1.1", "-tls1_3"), StringComparison.Ordinal);
        Assert.Contains("CN=127.0.0.1", await HandshakeAsync("-servername", "git.example.org"), StringComparison.Ordinal);
        foreach (string old in (string[])["-tls1", "-tls1_1"])
        {
            // At this level the client itself has nothing against the old versions.
            string refused = await HandshakeAsync(old, "-cipher", "DEFAULT@SECLEVEL=0");
            Assert.Contains("alert protocol version", refused, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task PlainAddress_SendsGitToHttps_AndNothingToThePrimary()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("private/moved.git", new History(Seed: 2));
        // For the https URL git asks its helper: a login in the http URL does not follow the redirect.
        string helper = "!printf 'username=alice\\npassword=alice-secret\\n' #";
        GitClient git = new GitClient(_station.Folder)
            .With("http.sslCAInfo=" + _station.Folder["ca.pem"])
            .With($"credential.{_station.Node.Url.GetLeftPart(UriPartial.Authority)}.helper={helper}");
        var plain = new Uri($"http://127.0.0.1:{_plainPort}");

        await git.RunAsync("clone", "--quiet", plain.To(repository).AbsoluteUri, "moved");
        await git.In("moved").RunAsync("commit", "--quiet", "--allow-empty", "--message", "By way of http");
        await git.In("moved").RunAsync("push", "--quiet");

        Assert.Equal(await git.In("moved").ReadAsync("rev-parse", "HEAD"), await repository.ResolveAsync("main"));
        CommandResult curl = await new Command(
            "curl",
            "--silent",
            "--show-error",
            "--include",
            "--user",
            "alice:alice-secret",
            "--data",
            "0000",
            new Uri(plain, "/private/a%2Fb.git/git-upload-pack?x=%20").AbsoluteUri
        ).MustRunAsync();
        Assert.StartsWith("HTTP/1.1 308 ", curl.Output, StringComparison.Ordinal);
        Assert.Contains(
            $"Location: {_station.Node.Url.GetLeftPart(UriPartial.Authority)}/private/a%2Fb.git/git-upload-pack?x=%20",
            curl.Output.Split("\r\n")
        );
        Assert.DoesNotContain(_station.Primary.Requests, static request => request.Query.Contains("x=%20", StringComparison.Ordinal));
    }

    private async Task<string> HandshakeAsync(params string[] arguments)
    {
        CommandResult result = await new Command(
            "openssl",
            ["s_client", "-connect", _station.Node.Url.Authority, "-CAfile", _station.Folder["ca.pem"], .. arguments]
        ).RunAsync();
        return (result.Output + result.Error).Replace("CN = ", "CN=", StringComparison.Ordinal);
    }

    private string Write(string file, params string[] names)
    {
        using X509Certificate2 certificate = _authority.Issue(names);
        CertificateAuthority.Write(certificate, _station.Folder[file + ".crt"], _station.Folder[file + ".key"]);
        return certificate.Thumbprint;
    }

    /// <summary>The thumbprint of the certificate that the node shows for a name.</summary>
    private async Task<string> ShownAsync(string name)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", _station.Node.Url.Port);
        using var tls = new SslStream(socket.GetStream());
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = name,
#pragma warning disable CA5359 // Any certificate: the test looks which one it is.
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
            }
        );
        using X509Certificate2 shown = X509CertificateLoader.LoadCertificate(tls.RemoteCertificate!.GetRawCertData());
        return shown.Thumbprint;
    }
}
