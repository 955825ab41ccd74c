using System.Diagnostics;
using System.Net.Http.Headers;

namespace Waystation.Ratios.Measures;

/// <summary>The time that the node adds to the small responses that always come from the primary.</summary>
internal static class ForwardedRefs
{
    private const int RequestsPerSample = 40;

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        // v0, because the v2 capability advertisement may be answered by the node itself.
        await CompareAsync(
            stage,
            samples,
            table,
            "forwarded `info/refs` (v0), ms",
            at => new HttpRequestMessage(HttpMethod.Get, new Uri(at + "/info/refs?service=git-upload-pack"))
        );
        await CompareAsync(
            stage,
            samples,
            table,
            "forwarded `ls-refs` (v2), ms",
            at =>
            {
                var request = new HttpRequestMessage(HttpMethod.Post, new Uri(at + "/git-upload-pack"))
                {
                    Content = new ByteArrayContent(FetchBody.LsRefs),
                };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue(FetchBody.ContentType);
                request.Headers.Add("Git-Protocol", "version=2");
                return request;
            }
        );
    }

    private static async Task CompareAsync(Stage stage, int samples, Table table, string what, Func<string, HttpRequestMessage> ask)
    {
        using var client = new HttpClient();
        PrimaryRepository busy = await stage.BusyAsync();
        string through = stage.Node.UrlOf(busy).AbsoluteUri,
            direct = stage.Primary.UrlOf(busy).AbsoluteUri;
        Samples ours = new(),
            theirs = new(),
            added = new();
        for (int sample = -1; sample < samples; sample++)
        {
            List<double> node = [],
                primary = [];
            for (int i = 0; i < (stage.IsQuick ? 10 : RequestsPerSample); i++)
            {
                node.Add(await TimeAsync(client, ask(through)));
                primary.Add(await TimeAsync(client, ask(direct)));
            }

            if (sample < 0)
            {
                continue;
            }

            ours.Add(Samples.MedianOf(node));
            theirs.Add(Samples.MedianOf(primary));
            added.Add(Samples.MedianOf(node) - Samples.MedianOf(primary));
        }

        table.Add(
            new Row(what)
            {
                Ours = ours.Say(),
                Rival = $"direct: {theirs.Say()}",
                Compared = added,
                Unit = "ms added",
                Bar = Bar.AtMost(2),
            }
        );
    }

    /// <summary>Milliseconds until the last byte, on a connection that is already open.</summary>
    private static async Task<double> TimeAsync(HttpClient client, HttpRequestMessage request)
    {
        using (request)
        {
            long begun = Stopwatch.GetTimestamp();
            using HttpResponseMessage answer = await client.SendAsync(request);
            double milliseconds = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
            answer.EnsureSuccessStatusCode();
            return milliseconds;
        }
    }
}
