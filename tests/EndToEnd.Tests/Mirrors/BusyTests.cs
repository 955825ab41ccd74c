using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>One pack at a time and one that waits: further clients are told to come again, before the first byte.</summary>
public sealed class BusyTests : IAsyncLifetime
{
    private readonly Station _station = new();
    private GitGate? _gate;

    private GitGate Gate => _gate ?? throw new InvalidOperationException("not started");

    public async Task InitializeAsync()
    {
        _gate = await GitGate.MakeAsync(_station.Folder);
        await _station.StartAsync(
            new NodeSettings
            {
                Options =
                [
                    "--Mirrors:MaxPacks",
                    "1",
                    "--Mirrors:MaxPacksPerRepository",
                    "1",
                    "--Mirrors:MaxWaiting",
                    "1",
                    "--Mirrors:SyncWait",
                    "00:01:00",
                ],
                Environment = _gate.Environment,
            }
        );
    }

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task Fetch_IsToldToComeAgain_WhenTooManyWait()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("public/busy.git", new History(Seed: 61));
        await new GitClient(_station.Folder).RunAsync("clone", "--quiet", "--mirror", _station.Node.UrlOf(repository).AbsoluteUri, "first");
        await Eventually.TrueAsync("there is a mirror", () => _station.Node.Log.Contains("mirror made", StringComparison.Ordinal));
        int packs = repository.PacksMade;
        string tip = await repository.ResolveAsync("refs/heads/main");
        using var client = new HttpClient();
        Gate.Shut();

        List<Task<HttpResponseMessage>> asked =
        [
            .. Enumerable.Range(2, 3).Select(depth => AskAsync(client, repository, UploadPack.Fetch([tip], $"deepen {depth}"))),
        ];
        Task<HttpResponseMessage> first = await Task.WhenAny(asked);
        using (HttpResponseMessage refused = await first)
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.True(refused.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        }

        Gate.Open();
        foreach (Task<HttpResponseMessage> waiting in asked.Where(task => task != first))
        {
            using HttpResponseMessage answer = await waiting;
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Contains("PACK", Encoding.Latin1.GetString(await answer.Content.ReadAsByteArrayAsync()), StringComparison.Ordinal);
        }

        Assert.Equal(packs, repository.PacksMade);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task EqualFetches_AreAllToldToComeAgain_WhenTooManyWait(int version)
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("public/herd.git", new History(Seed: 62));
        await new GitClient(_station.Folder).RunAsync("clone", "--quiet", "--mirror", _station.Node.UrlOf(repository).AbsoluteUri, "first");
        await Eventually.TrueAsync("there is a mirror", () => _station.Node.Log.Contains("mirror made", StringComparison.Ordinal));
        int packs = repository.PacksMade;
        string tip = await repository.ResolveAsync("refs/heads/main");
        using var client = new HttpClient();
        Gate.Shut();
        List<Task<HttpResponseMessage>> waiting = [AskAsync(client, repository, UploadPack.Fetch([tip], "deepen 2"))];
        await Eventually.TrueAsync("a pack is being made", () => Gate.Came.Count > 0);
        waiting.Add(AskAsync(client, repository, UploadPack.Fetch([tip], "deepen 3")));
        await Eventually.TrueAsync("one waits", async () => (await _station.Node.MetricsAsync()).Sum("waystation_packs_waiting") == 1);

        string body = version == 2 ? UploadPack.Fetch([tip]) : UploadPack.FetchV0(tip);
        HttpResponseMessage[] herd = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => AskAsync(client, repository, body, version)));
        Assert.All(
            herd,
            static answer =>
            {
                Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
                Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
                answer.Dispose();
            }
        );
        Assert.Equal(packs, repository.PacksMade);
        Gate.Open();
        Assert.All(
            await Task.WhenAll(waiting),
            static answer =>
            {
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                answer.Dispose();
            }
        );
    }

    private async Task<HttpResponseMessage> AskAsync(HttpClient client, PrimaryRepository repository, string body, int version = 2)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            new Uri(_station.Node.UrlOf(repository).AbsoluteUri + "/git-upload-pack")
        )
        {
            Content = new ByteArrayContent(Encoding.ASCII.GetBytes(body)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(UploadPack.RequestType);
        if (version == 2)
        {
            request.Headers.Add("Git-Protocol", "version=2");
        }

        return await client.SendAsync(request);
    }
}
