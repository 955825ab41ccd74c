using System.Net;

namespace Waystation.Ratios.Measures;

/// <summary>
/// A clone by somebody far from the primary: straight over the line, and through a node next door that has the line between itself and the
/// primary. What the line really does stands beside it.
/// </summary>
internal static class WideArea
{
    private const long BitsPerSecond = 20_000_000;

    private const int WarmClonesPerSample = 5,
        BytesPerSample = 3;

    private static readonly TimeSpan s_roundTrip = TimeSpan.FromMilliseconds(60);

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        // A transfer takes half a minute and hardly varies.
        int few = Math.Min(samples, Settings.FewestSamples);
        await MeasureLineAsync(stage, few, table);
        await CompareAsync(stage, few, table);
    }

    private static async Task MeasureLineAsync(Stage stage, int samples, Table table)
    {
        int length = stage.IsQuick ? 1_000_000 : 10_000_000;
        Samples opening = new(),
            byteBack = new(),
            alone = new(),
            shared = new();
        await using var bytes = new LinkProbe(1, s_roundTrip, BitsPerSecond);
        await using var whole = new LinkProbe(length, s_roundTrip, BitsPerSecond);
        await using var half = new LinkProbe(length / 2, s_roundTrip, BitsPerSecond);
        for (int sample = -1; sample < samples; sample++)
        {
            List<LinkTimes> times = [];
            for (int i = 0; i < BytesPerSample; i++)
            {
                times.Add(await bytes.AskAsync());
            }

            if (sample < 0)
            {
                continue; // the first only warms up
            }

            opening.Add(Samples.MedianOf([.. times.Select(static one => one.Opening * 1000)]));
            byteBack.Add(Samples.MedianOf([.. times.Select(static one => one.FirstByte * 1000)]));
            alone.Add(length * 8 / (await whole.AskAsync()).Rest / 1e6);
            shared.Add(length * 8 / (await half.AskAsync(connections: 2)).Rest / 1e6);
        }

        Tell("round trip of a byte, ms", byteBack, s_roundTrip.TotalMilliseconds);
        Tell("connection and round trip of a byte, ms", opening, 2 * s_roundTrip.TotalMilliseconds);
        Tell($"{length / 1_000_000} MB, Mbit/s", alone, BitsPerSecond / 1e6);
        Tell($"{length / 1_000_000} MB over two connections at once, Mbit/s", shared, BitsPerSecond / 1e6);

        void Tell(string what, Samples measured, double wanted) =>
            table.Add(
                new Row($"the line itself: {what}")
                {
                    Ours = measured.Say("0.0"),
                    Rival = $"wanted: {wanted:0}",
                    Compared = Samples.Of(measured.Median / wanted),
                    Format = "0.000",
                    Unit = "×",
                }
            );
    }

    private static async Task CompareAsync(Stage stage, int samples, Table table)
    {
        int megabytes = stage.IsQuick ? 1 : 64;
        PrimaryRepository media = await stage.OnceAsync(
            "media",
            (_, repository) => LargeFiles.ImportAsync(repository, (long)megabytes << 20)
        );
        PrimaryRepository trifle = await stage.OnceAsync("trifle", static (_, repository) => LargeFiles.ImportAsync(repository, 100_000));
        byte[] fetch = await FetchAsync(media);
        await using WideAreaLink link = WideAreaLink.Open(
            new IPEndPoint(IPAddress.Loopback, stage.Primary.Url.Port),
            s_roundTrip,
            BitsPerSecond
        );
        using var straight = new RemoteClone(link.Url.To(media), fetch);
        Samples direct = new(),
            cold = new(),
            warm = new(),
            penalty = new(),
            faster = new();
        for (int sample = 0; sample < samples; sample++)
        {
            await straight.OpenAsync();
            (double directSeconds, long length, _) = await straight.CloneAsync();
            // A new node for each sample, which has served only a clone of another repository: its cache is cold, not its code.
            await using WaystationNode node = await WaystationNode.StartAsync(link.Url);
            using (var other = new RemoteClone(node.UrlOf(trifle), await FetchAsync(trifle)))
            {
                await other.CloneAsync();
            }

            using var through = new RemoteClone(node.UrlOf(media), fetch);
            double coldSeconds = await CloneAsync(through, length, isHit: false);
            // With the mirror that becomes of the clone the node is done with it; it is made on the cores that the next clone needs.
            await Eventually.TrueAsync(
                "there are mirrors of both",
                async () => (await node.MetricsAsync()).Sum("waystation_mirrors") >= 2,
                TimeSpan.FromMinutes(3)
            );
            List<double> warmSeconds = [];
            for (int i = 0; i < WarmClonesPerSample; i++)
            {
                warmSeconds.Add(await CloneAsync(through, length, isHit: true));
            }

            direct.Add(directSeconds);
            cold.Add(coldSeconds);
            warm.Add(Samples.MedianOf(warmSeconds));
            penalty.Add(coldSeconds / directSeconds);
            faster.Add(directSeconds / Samples.MedianOf(warmSeconds));
        }

        string what =
            $"clone of {megabytes} MB over "
            + $"{BitsPerSecond / 1_000_000} Mbit/s and {s_roundTrip.TotalMilliseconds:0} ms, discarded, {samples} samples, s";
        string rival = $"direct: {direct.Say()}";
        // The bars are those of the long transfer: of a short one the round trip alone is more than its share.
        table.Add(
            new Row($"{what}: cold")
            {
                Ours = cold.Say(),
                Rival = rival,
                Compared = penalty,
                Format = "0.000",
                Unit = "× the time",
                Bar = stage.IsQuick ? null : Bar.AtMost(1.02),
            }
        );
        table.Add(
            new Row($"{what}: warm")
            {
                Ours = warm.Say("0.000"),
                Rival = rival,
                Compared = faster,
                Format = "0.0",
                Unit = "× faster",
                Bar = stage.IsQuick ? null : Bar.AtLeast(60),
            }
        );
        stage.Add(
            new BarChart("wide-area", $"Clone of {megabytes} MB over 20 Mbit/s and 60 ms, seconds")
                .With("primary, direct", direct)
                .With("node next door, cold", cold, isOurs: true)
                .With("node next door, warm", warm, isOurs: true)
        );
    }

    private static async Task<byte[]> FetchAsync(PrimaryRepository repository) =>
        FetchBody.Clone(await repository.ResolveAsync("refs/heads/main"));

    private static async Task<double> CloneAsync(RemoteClone client, long length, bool isHit)
    {
        await client.OpenAsync();
        (double seconds, long bytes, string status) = await client.CloneAsync();
        if (status.StartsWith("waystation; hit", StringComparison.Ordinal) != isHit || Math.Abs(bytes - length) > length / 1000)
        {
            throw new InvalidOperationException($"not the answer that was expected: '{status}', {bytes} bytes, direct {length}");
        }

        return seconds;
    }
}
