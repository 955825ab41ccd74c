namespace Waystation.Ratios.Measures;

/// <summary>A warm answer from the node against the same bytes from a file by nginx, plain and under TLS.</summary>
internal static class Replay
{
    /// <summary>One transfer takes a tenth of a second: alone it would measure the rest of the machine.</summary>
    private const int TransfersPerSample = 7,
        LongTransfersPerSample = 1;

    /// <summary>From this length on a transfer is long.</summary>
    private const long Long = 300_000_000;

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        WarmAnswer small = await WarmAnswer.MakeAsync(stage, await stage.SmallAsync(), "small");
        WarmAnswer huge = await WarmAnswer.MakeAsync(stage, await stage.HugeAsync(), "huge");
        WarmAnswer large = await WarmAnswer.MakeAsync(stage, await stage.LargeAsync(), "large");
        WarmAnswer shallow = await WarmAnswer.MakeAsync(stage, await stage.BusyAsync(), "shallow", depth: 1);
        await CompareAsync(stage, samples, table, large, "large", "replay of a clone, plain", tls: false, WarmAnswer.Http11);
        await CompareAsync(stage, samples, table, large, "large", "replay of a clone, TLS", tls: true, WarmAnswer.Http11);
        await CompareAsync(stage, samples, table, large, "large", "replay of a clone, TLS and HTTP/2", tls: true, WarmAnswer.Http2);
        await CompareAsync(
            stage,
            samples,
            table,
            shallow,
            "shallow",
            "replay of a `--depth 1` clone, plain",
            tls: false,
            WarmAnswer.Http11
        );
        await CompareAsync(stage, samples, table, shallow, "shallow", "replay of a `--depth 1` clone, TLS", tls: true, WarmAnswer.Http11);
        await CompareAsync(stage, samples, table, small, "small", "replay of a clone, plain", tls: false, WarmAnswer.Http11);
        await CompareAsync(stage, samples, table, huge, "huge", "replay of a clone, plain", tls: false, WarmAnswer.Http11);
    }

    private static async Task CompareAsync(
        Stage stage,
        int samples,
        Table table,
        WarmAnswer answer,
        string file,
        string what,
        bool tls,
        string version
    )
    {
        Uri node = stage.Node.Urls[tls ? 1 : 0];
        var url = new Uri(tls ? stage.Nginx.Tls : stage.Nginx.Plain, file);
        Samples ours = new(),
            theirs = new();
        double megabytes = answer.Bytes / 1e6;
        for (int sample = -1; sample < samples; sample++)
        {
            List<double> byNode = [],
                byNginx = [];
            for (
                int i = 0;
                i
                    < (
                        answer.Bytes > Long ? LongTransfersPerSample
                        : stage.IsQuick ? 1
                        : TransfersPerSample
                    );
                i++
            )
            {
                byNode.Add((await answer.FetchAsync(node, version)).Seconds);
                byNginx.Add((await Curl.RunAsync(url, "/dev/null", version, "--cacert", stage.Tls.Authority)).Seconds);
            }

            if (sample < 0)
            {
                continue; // the first of each only warms up
            }

            ours.Add(megabytes / Samples.MedianOf(byNode));
            theirs.Add(megabytes / Samples.MedianOf(byNginx));
        }

        table.Add(
            new Row($"{what}, {megabytes:0.0} MB, MB/s")
            {
                Ours = ours.Say("0"),
                Rival = $"nginx: {theirs.Say("0")}",
                Compared = ours.Over(theirs),
                Unit = "×",
                Bar = Bar.AtLeast(0.9),
            }
        );
    }
}
