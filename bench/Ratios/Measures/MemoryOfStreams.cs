using System.Net.Http.Headers;

namespace Waystation.Ratios.Measures;

/// <summary>
/// What each of many streams costs a node in memory, while their clients have stopped reading, so that all buffers are full: of a small
/// pack and of one a hundred times as large.
/// Each sample is a new process with the same data folder, so that no memory is there from before.
/// </summary>
internal static class MemoryOfStreams
{
    private const int Streams = 64,
        WarmUps = 40;

    /// <summary>The time in which the node fills all buffers.</summary>
    private static readonly TimeSpan s_filling = TimeSpan.FromMilliseconds(500);

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        PrimaryRepository small = await stage.SmallAsync(),
            huge = await stage.HugeAsync();
        await using WaystationNode node = await WaystationNode.StartAsync(stage.Primary.Url);
        long smallBytes = await KeepAsync(node, small),
            hugeBytes = await KeepAsync(node, huge);
        Samples ofSmall = new(),
            ofHuge = new();
        for (int sample = 0; sample < samples; sample++)
        {
            ofSmall.Add(await StalledAsync(node, small, small));
            ofHuge.Add(await StalledAsync(node, small, huge));
        }

        const string Unit = "KiB a stream, the connection's own included";
        table.Add(
            new Row($"memory of {Streams} stalled streams, of a {smallBytes / 1e6:0} MB pack")
            {
                Compared = ofSmall,
                Format = "0",
                Unit = Unit,
            }
        );
        table.Add(
            new Row($"memory of {Streams} stalled streams, of a {hugeBytes / 1e6:0} MB pack")
            {
                Compared = ofHuge,
                Format = "0",
                Unit = Unit,
            }
        );
        table.Add(
            new Row("the large pack's memory, to that of the small one")
            {
                Compared = ofHuge.Over(ofSmall),
                Unit = "×",
                Bar = Bar.AtMost(1.1),
            }
        );
    }

    /// <summary>Clones until the answer is kept; its length.</summary>
    private static async Task<long> KeepAsync(WaystationNode node, PrimaryRepository repository)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromMinutes(10) };
        byte[] fetch = FetchBody.Clone(await repository.ResolveAsync("refs/heads/main"));
        long bytes = 0;
        await Eventually.TrueAsync(
            $"{repository.Name} is kept",
            async () =>
            {
                double hits = (await node.MetricsAsync()).Fetches("hit");
                bytes = (await Conversation.CloneAsync(client, node.UrlOf(repository).AbsoluteUri, fetch)).Bytes;
                return (await node.MetricsAsync()).Fetches("hit") > hits;
            },
            TimeSpan.FromMinutes(10)
        );
        return bytes;
    }

    private static async Task<double> StalledAsync(WaystationNode node, PrimaryRepository warm, PrimaryRepository repository)
    {
        await node.StopAsync();
        await node.StartAgainAsync();
        using var client = new HttpClient(new SocketsHttpHandler { InitialHttp2StreamWindowSize = 65_535 });
        byte[] warmFetch = FetchBody.Clone(await warm.ResolveAsync("refs/heads/main")),
            fetch = FetchBody.Clone(await repository.ResolveAsync("refs/heads/main"));
        for (int i = 0; i < WarmUps; i++)
        {
            await Conversation.CloneAsync(client, node.UrlOf(warm).AbsoluteUri, warmFetch);
        }

        await Exchange.PostAsync(client, node.UrlOf(repository).AbsoluteUri, FetchBody.LsRefs);
        node.ForgetPeak();
        long before = node.ResidentBytes;
        List<HttpResponseMessage> answers = [];
        try
        {
            for (int i = 0; i < Streams; i++)
            {
                answers.Add(await OpenAsync(client, node.UrlOf(repository).AbsoluteUri, fetch));
            }

            await Task.Delay(s_filling);
            return (node.PeakResidentBytes - before) / 1024.0 / Streams;
        }
        finally
        {
            answers.ForEach(static answer => answer.Dispose());
        }
    }

    private static async Task<HttpResponseMessage> OpenAsync(HttpClient client, string repository, byte[] fetch)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(repository + "/git-upload-pack"))
        {
            Content = new ByteArrayContent(fetch),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(FetchBody.ContentType);
        request.Headers.Add("Git-Protocol", "version=2");
        HttpResponseMessage answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return answer.EnsureSuccessStatusCode();
    }
}
