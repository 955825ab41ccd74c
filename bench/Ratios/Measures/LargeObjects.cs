using System.Diagnostics;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.Ratios.Measures;

/// <summary>Objects of Git LFS: one large one that the node has, and one that sixteen clients want at once, against the same file from
/// nginx.</summary>
internal static class LargeObjects
{
    private const string Hit = "waystation; hit";

    private const int Clients = 16,
        TransfersPerSample = 3;

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        await using LfsStage lfs = await LfsStage.StartAsync();
        await CompareWarmAsync(stage, lfs, samples, table);
        await CompareHerdAsync(stage, lfs, Math.Min(samples, Settings.FewestSamples), table);
        await ManySmallObjects.MeasureAsync(stage, Math.Min(samples, Settings.FewestSamples), table);
    }

    private static long SizeOf(Stage stage) => (stage.IsQuick ? 50L : 200L) * 1_000_000;

    private static async Task CompareWarmAsync(Stage stage, LfsStage lfs, int samples, Table table)
    {
        LfsContent content = LfsContent.FromSeed(1, SizeOf(stage));
        PrimaryRepository repository = await lfs.CreateAsync("warm", content);
        // The object is stored a moment after its last byte has left. nginx gets what the node gave, so that both send the same bytes.
        await Eventually.TrueAsync(
            "the object is a hit",
            async () =>
                (await Curl.RunAsync(await lfs.HrefAsync(repository, content), stage.Nginx.FileFor("lfs-object"))).CacheStatus == Hit
        );
        Samples ours = new(),
            theirs = new();
        double megabytes = content.Size / 1e6;
        for (int sample = -1; sample < samples; sample++)
        {
            List<double> byNode = [],
                byNginx = [];
            for (int i = 0; i < TransfersPerSample; i++)
            {
                Curl got = await Curl.RunAsync(await lfs.HrefAsync(repository, content), "/dev/null");
                if (got.CacheStatus != Hit || got.Bytes != content.Size)
                {
                    throw new InvalidOperationException($"not the hit that was expected: '{got.CacheStatus}', {got.Bytes} bytes");
                }

                byNode.Add(got.Seconds);
                byNginx.Add((await Curl.RunAsync(new Uri(stage.Nginx.Plain, "lfs-object"), "/dev/null")).Seconds);
            }

            if (sample >= 0)
            {
                ours.Add(megabytes / Samples.MedianOf(byNode));
                theirs.Add(megabytes / Samples.MedianOf(byNginx));
            }
        }

        table.Add(
            new Row($"warm download of an LFS object, {megabytes:0} MB, MB/s")
            {
                Ours = ours.Say("0"),
                Rival = $"nginx: {theirs.Say("0")}",
                Compared = ours.Over(theirs),
                Unit = "×",
                Bar = Bar.AtLeast(0.9),
            }
        );
    }

    private static async Task CompareHerdAsync(Stage stage, LfsStage lfs, int samples, Table table)
    {
        Samples ours = new(),
            theirs = new(),
            downloads = new();
        for (int sample = -1; sample < samples; sample++)
        {
            // An object that the node has not seen; nginx has one of the same length.
            LfsContent content = LfsContent.FromSeed(100 + sample, SizeOf(stage));
            PrimaryRepository repository = await lfs.CreateAsync($"herd{sample + 1}", content);
            Uri[] hrefs = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => lfs.HrefAsync(repository, content)));
            double through = await AllAsync(hrefs, content.Size),
                byNginx = await AllAsync(Enumerable.Repeat(new Uri(stage.Nginx.Plain, "lfs-object"), Clients), content.Size);
            if (sample >= 0)
            {
                ours.Add(through);
                theirs.Add(byNginx);
                downloads.Add(lfs.Primary.Requests.Downloads(content.Oid));
            }
        }

        string what = $"herd of {Clients} on an LFS object of {SizeOf(stage) / 1e6:0} MB that the node has not";
        table.Add(
            new Row($"{what}, s until the last client has it")
            {
                Ours = ours.Say(),
                Rival = $"nginx, which has the file: {theirs.Say()}",
                Compared = ours.Over(theirs),
                Unit = "× the time",
                Bar = Bar.AtMost(1.1),
            }
        );
        table.Add(
            new Row($"{what}: downloads")
            {
                Compared = downloads,
                Format = "0",
                Unit = "at the primary",
                Bar = Bar.AtMost(1),
            }
        );
    }

    private static async Task<double> AllAsync(IEnumerable<Uri> urls, long size)
    {
        long begun = Stopwatch.GetTimestamp();
        Curl[] got = await Task.WhenAll(urls.Select(static url => Curl.RunAsync(url, "/dev/null")));
        return got.All(one => one.Bytes == size)
            ? Stopwatch.GetElapsedTime(begun).TotalSeconds
            : throw new InvalidOperationException("a client did not get the whole object");
    }
}
