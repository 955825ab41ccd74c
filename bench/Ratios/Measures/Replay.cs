namespace Waystation.Ratios.Measures;

/// <summary>A warm answer from the node against the same bytes from a file by nginx, plain and under TLS.</summary>
internal static class Replay
{
    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        WarmAnswer large = await WarmAnswer.MakeAsync(stage, stage.Large, "large");
        await CompareAsync(stage, samples, table, large, "large", "replay of a clone, plain", stage.Node.Urls[0], stage.Nginx.Plain);
        await CompareAsync(stage, samples, table, large, "large", "replay of a clone, TLS", stage.Node.Urls[1], stage.Nginx.Tls);
        WarmAnswer shallow = await WarmAnswer.MakeAsync(stage, stage.Busy, "shallow", depth: 1);
        await CompareAsync(stage, samples, table, shallow, "shallow", "replay of a `--depth 1` clone, plain", stage.Node.Urls[0], stage.Nginx.Plain);
    }

    private static async Task CompareAsync(
        Stage stage, int samples, Table table, WarmAnswer answer, string file, string what, Uri node, Uri nginx)
    {
        var url = new Uri(nginx, file);
        Samples ours = new(), theirs = new(), ratio = new();
        double megabytes = answer.Bytes / 1e6;
        for (int sample = -1; sample < samples; sample++)
        {
            double fromNode = megabytes / (await answer.FetchAsync(node)).Seconds;
            double fromNginx = megabytes / (await Curl.RunAsync(url, "/dev/null", "--cacert", stage.Tls.Authority)).Seconds;
            if (sample < 0)
                continue; // the first of each only warms up
            ours.Add(fromNode);
            theirs.Add(fromNginx);
            ratio.Add(fromNode / fromNginx);
        }

        table.Add($"{what}, {megabytes:0.0} MB, MB/s", ours.Say("0"), $"nginx: {theirs.Say("0")}", $"{ratio.Say()} ×");
    }
}
