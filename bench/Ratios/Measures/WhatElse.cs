using System.Diagnostics;

namespace Waystation.Ratios.Measures;

/// <summary>
/// A clone of the project through the node and by what a user would have instead: the primary, with and without bitmaps, a plain reverse
/// proxy in front of it, a scripted mirror; and as the limit nginx sending the same bytes from a file.
/// </summary>
internal static class WhatElse
{
    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        PrimaryRepository project = await stage.ProjectAsync();
        PrimaryRepository plain = await stage.OnceAsync(
            "project-without-bitmaps",
            async (_, copy) =>
            {
                await RealRepository.TakeAsync(copy, project.Folder);
                await copy.GitAsync("-c", "repack.writeBitmaps=false", "repack", "-a", "-d", "-q");
            }
        );
        await using FetchThenServe script = await FetchThenServe.StartAsync(stage.Primary.Url);
        await CompareAsync(stage, samples, table, project, plain, script, 1, "`--depth 1` clone", "shallow-by-rival");
        await CompareAsync(stage, samples, table, project, plain, script, null, "full clone", "full-by-rival");
    }

    private static async Task CompareAsync(
        Stage stage,
        int samples,
        Table table,
        PrimaryRepository project,
        PrimaryRepository plain,
        FetchThenServe script,
        int? depth,
        string what,
        string chart
    )
    {
        byte[] fetch = FetchBody.Clone(await project.ResolveAsync("refs/heads/main"), depth);
        WarmAnswer kept = await WarmAnswer.MakeAsync(stage, project, chart, depth);
        using var client = new HttpClient { Timeout = TimeSpan.FromMinutes(10) };
        (string Name, Func<Task<double>> Clone, Samples Times)[] rivals =
        [
            ("waystation", Through(stage.Node.Url, project), new Samples()),
            ("primary", Through(stage.Primary.Url, project), new Samples()),
            ("primary without bitmaps", Through(stage.Primary.Url, plain), new Samples()),
            ("nginx as a plain proxy", Through(stage.Nginx.Proxy, project), new Samples()),
            ("script: fetch, then serve", Through(script.Url, project), new Samples()),
            ("nginx, the answer as a file", () => FileAsync(client, new Uri(stage.Nginx.Plain, chart)), new Samples()),
        ];
        for (int sample = -1; sample < samples; sample++)
        {
            foreach ((string _, Func<Task<double>> clone, Samples times) in rivals)
            {
                double milliseconds = await clone();
                if (sample >= 0)
                {
                    times.Add(milliseconds);
                }
            }
        }

        var picture = new BarChart(chart, $"{what} of the project ({stage.ProjectName}, {kept.Bytes / 1e6:0} MB), answers discarded, ms");
        foreach ((string name, Func<Task<double>> _, Samples times) in rivals)
        {
            picture.With(name, times, isOurs: name == "waystation");
            if (name != "waystation")
            {
                table.Add(
                    new Row($"{what}, whole conversation, {kept.Bytes / 1e6:0} MB, ms")
                    {
                        Ours = rivals[0].Times.Say("0.0"),
                        Rival = $"{name}: {times.Say("0.0")}",
                        Compared = times.Over(rivals[0].Times),
                        Format = "0.0",
                        Unit = "× faster",
                    }
                );
            }
        }

        stage.Add(picture);

        Func<Task<double>> Through(Uri door, PrimaryRepository repository) =>
            async () => (await Conversation.CloneAsync(client, door.To(repository).AbsoluteUri, fetch)).Milliseconds;
    }

    private static async Task<double> FileAsync(HttpClient client, Uri file)
    {
        long begun = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer = await client.GetAsync(file, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        await using Stream body = await answer.Content.ReadAsStreamAsync();
        await body.CopyToAsync(Stream.Null);
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }
}
