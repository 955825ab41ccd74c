using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>One pack at a time and one that waits: who comes then is told to come again, before the first byte.</summary>
public sealed class BusyTests : IAsyncLifetime
{
    private readonly Station station = new();
    private GitGate? gate;

    private GitGate Gate => gate ?? throw new InvalidOperationException("not started");

    public async Task InitializeAsync()
    {
        gate = await GitGate.MakeAsync(station.Folder);
        await station.StartAsync(new NodeSettings
        {
            Options = ["--Mirrors:MaxPacks", "1", "--Mirrors:MaxPacksPerRepository", "1", "--Mirrors:MaxWaiting", "1", "--Mirrors:SyncWait", "00:01:00"],
            Environment = gate.Environment,
        });
    }

    public Task DisposeAsync() => station.DisposeAsync();

    [Fact]
    public async Task Fetch_IsToldToComeAgain_WhenTooManyWait()
    {
        PrimaryRepository repository = await station.Primary.CreateAsync("public/busy.git", new History(Seed: 61));
        await new GitClient(station.Folder).RunAsync("clone", "--quiet", "--mirror", station.Node.UrlOf(repository).AbsoluteUri, "first");
        await Eventually.TrueAsync("there is a mirror", () => station.Node.Log.Contains("mirror made", StringComparison.Ordinal));
        int packs = repository.PacksMade;
        string tip = await repository.ResolveAsync("refs/heads/main");
        using var client = new HttpClient();
        Gate.Shut();

        List<Task<HttpResponseMessage>> asked = [.. Enumerable.Range(2, 3).Select(depth => AskAsync(client, repository, UploadPack.Fetch([tip], $"deepen {depth}")))];
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

    private async Task<HttpResponseMessage> AskAsync(HttpClient client, PrimaryRepository repository, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(station.Node.UrlOf(repository).AbsoluteUri + "/git-upload-pack"))
        {
            Content = new ByteArrayContent(Encoding.ASCII.GetBytes(body)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(UploadPack.RequestType);
        request.Headers.Add("Git-Protocol", "version=2");
        return await client.SendAsync(request);
    }
}
