using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Http;
using Waystation.SshFrontend.KeyAuthorities;
using Waystation.TestKit.Servers;

namespace Waystation.SshFrontend.Tests.KeyAuthorities;

public sealed class HttpKeyAuthorityTests
{
    private const string Answer = """{"sshKeyFile":"/k"}""";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Question_IsPosted_AndItsAnswerRead()
    {
        string? said = null;
        await using KeyEndpoint endpoint = await KeyEndpoint.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            said =
                $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} "
                + $"{context.Request.ContentType} {await reader.ReadToEndAsync()}";
            await context.Response.WriteAsync(Answer);
        });

        Assert.Equal(new PrimaryCredential.SshKey("/k"), await AskAsync(endpoint.Url));
        Assert.Equal("POST /keys?for=node application/json " + Encoding.UTF8.GetString(QuestionWriter.Write(TestKeys.Question())), said);
    }

    [Fact]
    public async Task Question_IsAskedAgain_WhenAUsedConnectionIsClosed()
    {
        var used = new HashSet<string>();
        await using KeyEndpoint endpoint = await KeyEndpoint.StartAsync(async context =>
        {
            if (used.Add(context.Connection.Id))
            {
                await context.Response.WriteAsync(Answer);
                return;
            }

            await context.Request.Body.CopyToAsync(Stream.Null);
            context.Abort();
        });
        using var authority = new HttpKeyAuthority(endpoint.Url, s_patience);

        Assert.NotNull(await authority.FindAsync(TestKeys.Question(), default));
        Assert.NotNull(await authority.FindAsync(TestKeys.Question(), default));
        Assert.Equal(2, used.Count);
    }

    [Theory]
    [InlineData(404, "not here")]
    [InlineData(404, Answer)]
    [InlineData(200, "{}")]
    public async Task UnknownKey(int status, string body)
    {
        await using KeyEndpoint endpoint = await SayingAsync(status, body);

        Assert.Null(await AskAsync(endpoint.Url));
    }

    [Theory]
    [InlineData(201)]
    [InlineData(202)]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(410)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task EveryOtherStatus_IsAnError(int status)
    {
        await using KeyEndpoint endpoint = await SayingAsync(status, Answer);

        Assert.Contains($"status {status}", (await FailsAsync(endpoint.Url)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>Please log in</html>")]
    [InlineData("""{"username":"alice"}""")]
    [InlineData("[]")]
    public async Task BodyThatIsNoAnswer_IsAnError(string body)
    {
        await using KeyEndpoint endpoint = await SayingAsync(200, body);

        await FailsAsync(endpoint.Url);
    }

    [Fact]
    public async Task BodyWithoutEnd_IsAnError()
    {
        await using KeyEndpoint endpoint = await KeyEndpoint.StartAsync(static async context =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(new byte[4_096], context.RequestAborted);
            }
        });

        Assert.Contains("more than", (await FailsAsync(endpoint.Url)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirection_IsAnError_AndNotFollowed()
    {
        int asked = 0;
        await using KeyEndpoint other = await KeyEndpoint.StartAsync(async context =>
        {
            asked++;
            await context.Response.WriteAsync(Answer);
        });
        await using KeyEndpoint endpoint = await KeyEndpoint.StartAsync(context =>
        {
            context.Response.Redirect(other.Url.ToString(), permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        });

        await FailsAsync(endpoint.Url);
        Assert.Equal(0, asked);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EndpointThatTakesTooLong_IsAnError(bool hasBegun)
    {
        await using KeyEndpoint endpoint = await KeyEndpoint.StartAsync(async context =>
        {
            if (hasBegun)
            {
                await context.Response.WriteAsync("{");
                await context.Response.Body.FlushAsync();
            }

            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });

        Assert.Contains("within 0.5 s", (await FailsAsync(endpoint.Url, TimeSpan.FromSeconds(0.5))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ConnectionThatBreaks_IsAnError(bool hasBegun)
    {
        await using KeyEndpoint endpoint = await KeyEndpoint.StartAsync(async context =>
        {
            if (hasBegun)
            {
                context.Response.ContentLength = 1_000;
                await context.Response.WriteAsync(Answer);
                await context.Response.Body.FlushAsync();
            }

            context.Abort();
        });

        await FailsAsync(endpoint.Url);
    }

    [Fact]
    public async Task NobodyThere_IsAnError() => await FailsAsync(new Uri($"http://127.0.0.1:{FreePort.Find()}/"));

    [Fact]
    public async Task Asker_WhoGoesAway_IsNoError()
    {
        using var gone = new CancellationTokenSource();
        await using KeyEndpoint endpoint = await KeyEndpoint.StartAsync(async context =>
        {
            await gone.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var authority = new HttpKeyAuthority(endpoint.Url, s_patience);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => authority.FindAsync(TestKeys.Question(), gone.Token));
    }

    [Fact]
    public async Task Tls_IsChecked()
    {
        using var folder = new TempFolder();
        TlsFiles files = await TlsFiles.CreateAsync(folder);
        using var pem = X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
        await using KeyEndpoint endpoint = await KeyEndpoint.StartAsync(static context => context.Response.WriteAsync(Answer), pem);

        Assert.Contains("certificate", (await FailsAsync(endpoint.Url)).Message, StringComparison.Ordinal);

        using X509Certificate2 authorityFile = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(files.Authority));
        using X509Certificate2 issuer = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(folder["issuer.pem"]));
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authorityFile);
        policy.ExtraStore.Add(issuer);
        using var trusting = new HttpKeyAuthority(
            endpoint.Url,
            s_patience,
            new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy } }
        );
        Assert.Equal(new PrimaryCredential.SshKey("/k"), await trusting.FindAsync(TestKeys.Question(), CancellationToken.None));
    }

    [Theory]
    [InlineData("https://keys.example.com/ask", true)]
    [InlineData("http://127.0.0.1:9000/", true)]
    [InlineData("http://[::1]/", true)]
    [InlineData("http://localhost/", true)]
    [InlineData("http://keys.example.com/ask", false)]
    [InlineData("http://10.0.0.1/", false)]
    [InlineData("https://user:secret@keys.example.com/", false)]
    [InlineData("ftp://127.0.0.1/", false)]
    [InlineData("/ask", false)]
    public void Address_IsHttpsOrLoopback(string url, bool isAccepted)
    {
        var address = new Uri(url, UriKind.RelativeOrAbsolute);
        Assert.Equal(isAccepted, HttpKeyAuthority.Accepts(address));
        if (!isAccepted)
        {
            Assert.Throws<ArgumentException>(() => new HttpKeyAuthority(address, s_patience));
        }
    }

    private static Task<KeyEndpoint> SayingAsync(int status, string body) =>
        KeyEndpoint.StartAsync(async context =>
        {
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(body);
        });

    private static async Task<PrimaryCredential?> AskAsync(Uri url, TimeSpan? timeout = null)
    {
        using var authority = new HttpKeyAuthority(url, timeout ?? s_patience);
        return await authority.FindAsync(TestKeys.Question(), CancellationToken.None);
    }

    /// <summary>The error, which names the endpoint and not its query, where a token may be.</summary>
    private static async Task<KeyAuthorityException> FailsAsync(Uri url, TimeSpan? timeout = null)
    {
        KeyAuthorityException e = await Assert.ThrowsAsync<KeyAuthorityException>(() => AskAsync(url, timeout));
        Assert.Contains(url.GetLeftPart(UriPartial.Path), e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("for=node", e.Message, StringComparison.Ordinal);
        return e;
    }
}
