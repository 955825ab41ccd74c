using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.PassThrough;

/// <summary>Requests that are no fetches go to the primary, and their responses come back unchanged.</summary>
public sealed class PagesTests(Station station) : IClassFixture<Station>, IDisposable
{
    // Fields of one connection or of the moment, and fields that the node may add.
    private static readonly string[] s_notEndToEnd = ["Date", "Connection", "Keep-Alive", "Transfer-Encoding", "Via", "Cache-Status"];

    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/index.html")]
    [InlineData("HEAD", "/index.html")]
    [InlineData("GET", "/index.html?x=1&y=%C3%BC")]
    [InlineData("GET", "/no/such/page")]
    [InlineData("GET", "/public/no-such-repository.git/info/refs?service=git-upload-pack")]
    [InlineData("GET", "/moved/widgets.git/info/refs?service=git-upload-pack")]
    [InlineData("GET", "/public/pages.git/info/refs")]
    [InlineData("GET", "/public/pages.git/HEAD")]
    [InlineData("GET", "/public/pages.git/objects/info/packs")]
    [InlineData("GET", "/public/pages.git/info/refs?service=git-receive-pack")]
    [InlineData("GET", "/public/pages.git/info/refs?service=git-upload-archive")]
    [InlineData("GET", "/public/pages.git/info/refs?service=git-upload-pack")]
    [InlineData("GET", "/private/pages.git/info/refs?service=git-upload-pack")]
    [InlineData("GET", "/public/pages.git/git-upload-pack")]
    [InlineData("OPTIONS", "/index.html")]
    [InlineData("DELETE", "/answer?204%20No%20Content")]
    [InlineData("GET", "/answer?302%20Found")]
    [InlineData("GET", "/answer?418%20Teapot")]
    [InlineData("GET", "/answer?429%20Slow%20down")]
    [InlineData("GET", "/answer?503%20Later")]
    public async Task Page_EqualsDirect_InStatusHeadersAndBody(string method, string path)
    {
        await EnsureRepositoryAsync();
        Assert.Equal(
            await AskAsync(station.Primary.Url, new HttpMethod(method), path, content: null),
            await AskAsync(station.Node.Url, new HttpMethod(method), path, content: null)
        );
    }

    [Theory]
    [InlineData("POST", "/echo/api/v4/projects?private=no&name=a%20b")]
    [InlineData("PUT", "/echo/api/v4/projects/7")]
    [InlineData("PATCH", "/echo/api/v4/projects/7?x")]
    public async Task Api_EqualsDirect_WithItsBody(string method, string path)
    {
        HttpContent Content() =>
            new ByteArrayContent([.. "{\"name\":\"ü\"}"u8, 0, 255, 13, 10])
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            };
        Answer direct = await AskAsync(station.Primary.Url, new HttpMethod(method), path, Content());
        Assert.Contains(method, direct.Body, StringComparison.Ordinal);
        Assert.Contains("cookie=a=b custom=kept", direct.Body, StringComparison.Ordinal);
        Assert.Equal(direct, await AskAsync(station.Node.Url, new HttpMethod(method), path, Content()));
    }

    [Fact]
    public async Task Clone_FollowsTheRedirect_AsDirect()
    {
        await EnsureRepositoryAsync();
        using var folder = new TempFolder();
        GitClient git = new(folder);
        await git.RunAsync("clone", "--quiet", new Uri(station.Primary.Url, "/moved/pages.git").AbsoluteUri, "direct");
        await git.RunAsync("clone", "--quiet", new Uri(station.Node.Url, "/moved/pages.git").AbsoluteUri, "through");
        Assert.Equal(await CloneState.OfAsync(git.In("direct")), await CloneState.OfAsync(git.In("through")));
    }

    [Fact]
    public async Task Clone_FailsAsDirect_WhenThereIsNoSuchRepository()
    {
        using var folder = new TempFolder();
        GitClient git = new(folder);
        CommandResult direct = await git.TryAsync("clone", new Uri(station.Primary.Url, "/public/nothing.git").AbsoluteUri, "direct");
        CommandResult through = await git.TryAsync("clone", new Uri(station.Node.Url, "/public/nothing.git").AbsoluteUri, "direct");
        Assert.Equal(128, direct.ExitCode);
        Assert.Equal(
            (direct.ExitCode, direct.Error),
            (through.ExitCode, through.Error.Replace(station.Node.Url.Authority, station.Primary.Url.Authority, StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task Page_ArrivesLineByLine_WhenThePrimaryTakesItsTime()
    {
        station.Primary.CloseDripGate();
        using HttpResponseMessage answer = await _client.GetAsync(
            new Uri(station.Node.Url, "/drip"),
            HttpCompletionOption.ResponseHeadersRead
        );
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.Equal("first", await lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)));
        station.Primary.OpenDripGate();
        Assert.Equal("second", await lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Null(await lines.ReadLineAsync());
    }

    [Fact]
    public async Task Page_IsOneAnswerEach_WhenAConnectionIsUsedAgain()
    {
        // A body that is not wholly read, or a length that is wrong, would shift the answers of a kept connection.
        using RawConnection connection = await RawConnection.OpenAsync(station.Node.Url);
        var requests = new StringBuilder();
        for (int i = 1; i <= 5; i++)
        {
            requests.Append(
                $"POST /echo/{i} HTTP/1.1\r\nHost: primary\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"
                    + $"{(i == 5 ? "Connection: close\r\n" : "")}\r\nB{i}."
            );
        }

        await connection.SendAsync(Encoding.ASCII.GetBytes(requests.ToString()));
        string all = (await connection.ReadToEndAsync()).Received;
        int at = 0;
        for (int i = 1; i <= 5; i++)
        {
            at = all.IndexOf($"POST /{i}?", at, StringComparison.Ordinal);
            Assert.True(at >= 0, $"answer {i} is missing or out of order in:\n{all}");
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task EnsureRepositoryAsync()
    {
        foreach (string name in (string[])["public/pages.git", "private/pages.git"])
        {
            if (!station.Primary.Has(name))
            {
                await (await station.Primary.CreateAsync(name, new History(Seed: 41))).GitAsync("update-server-info");
            }
        }
    }

    private async Task<Answer> AskAsync(Uri door, HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, door.AbsoluteUri.TrimEnd('/') + path) { Content = content };
        // The same name at both servers, so that the primary's texts about itself do not differ.
        request.Headers.Host = station.Primary.Url.Authority;
        request.Headers.Add("X-Custom", "kept");
        request.Headers.Add("Cookie", "a=b");
        using HttpResponseMessage answer = await _client.SendAsync(request);
        IEnumerable<string> headers = answer
            .Headers.Concat(answer.Content.Headers)
            .Where(header => header.Key != "Content-Length" || method == HttpMethod.Head) // else it frames the body, which is compared
            .Where(header => !s_notEndToEnd.Contains(header.Key, StringComparer.OrdinalIgnoreCase))
            .Select(header => $"{header.Key}: {string.Join(" | ", header.Value)}")
            .Order(StringComparer.Ordinal);
        return new Answer(
            answer.StatusCode,
            answer.ReasonPhrase,
            string.Join('\n', headers),
            Encoding.Latin1.GetString(await answer.Content.ReadAsByteArrayAsync())
        );
    }

    private sealed record Answer(HttpStatusCode Status, string? Reason, string Headers, string Body);
}
