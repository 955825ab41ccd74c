using System.Diagnostics;
using System.Net.Http.Headers;

namespace Waystation.Ratios.Measures;

/// <summary>From the request on an open connection, its ticket alive, to the first byte of the pack.</summary>
internal static class FirstPackByte
{
    private const int RequestsPerSample = 20;

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        PrimaryRepository busy = await stage.BusyAsync();
        byte[] body = FetchBody.Clone(await busy.ResolveAsync("refs/heads/main"), depth: 1);
        await WarmAnswer.MakeAsync(stage, busy, "shallow", depth: 1);
        using var client = new HttpClient();
        var url = new Uri(stage.Node.UrlOf(busy).AbsoluteUri + "/git-upload-pack");
        var first = new Samples();
        for (int sample = -1; sample < samples; sample++)
        {
            using (HttpRequestMessage question = Post(url, FetchBody.LsRefs))
            using (HttpResponseMessage refs = await client.SendAsync(question))
            {
                refs.EnsureSuccessStatusCode();
            }

            List<double> times = [];
            for (int i = 0; i < RequestsPerSample; i++)
            {
                times.Add(await TimeAsync(client, url, body));
            }

            if (sample >= 0)
            {
                first.Add(Samples.MedianOf(times));
            }
        }

        table.Add(
            new Row("first pack byte of a hit")
            {
                Compared = first,
                Unit = "ms",
                Bar = Bar.AtMost(5),
            }
        );
    }

    private static async Task<double> TimeAsync(HttpClient client, Uri url, byte[] body)
    {
        using HttpRequestMessage request = Post(url, body);
        long begun = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        if (
            !answer.Headers.TryGetValues("Cache-Status", out IEnumerable<string>? status)
            || !status.First().StartsWith("waystation; hit", StringComparison.Ordinal)
        )
        {
            throw new InvalidOperationException("not a hit");
        }

        await using Stream stream = await answer.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[256 * 1024];
        int filled = 0;
        while (buffer.AsSpan(0, filled).IndexOf("PACK"u8) < 0)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(filled));
            filled += read > 0 ? read : throw new InvalidOperationException("the answer holds no pack");
        }

        double milliseconds = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        await stream.CopyToAsync(Stream.Null); // so that the connection can be used again
        return milliseconds;
    }

    private static HttpRequestMessage Post(Uri url, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(FetchBody.ContentType);
        request.Headers.Add("Git-Protocol", "version=2");
        return request;
    }
}
