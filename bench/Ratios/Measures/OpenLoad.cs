using System.Globalization;
using Waystation.Ratios.Load;

namespace Waystation.Ratios.Measures;

/// <summary>
/// The load of CI at the rate that just saturates the primary: the slow ones through the node against the usual ones at the primary.
/// </summary>
internal static class OpenLoad
{
    private const double Slow = 0.99,
        Usual = 0.5;

    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(30),
        s_short = TimeSpan.FromSeconds(10);

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        using LoadScene scene = await LoadScene.SetUpAsync(stage);
        TimeSpan time = stage.IsQuick ? s_short : s_long;
        using var client = new HttpClient { Timeout = TimeSpan.FromMinutes(10) };

        // As many workers as keep every core busy, and no queue: what they get done in a second is what the primary can do.
        var capacity = new LoadRun(new LoadMix(scene.Primary, scene.Recent, client));
        await capacity.RunAsync(scene.Pusher, time, seed: 0, workers: 2 * Environment.ProcessorCount);
        double rate = capacity.Jobs / capacity.Elapsed.TotalSeconds;

        Samples clones = new(),
            listings = new(),
            usualClones = new(),
            usualListings = new(),
            packs = new();
        for (int sample = -1; sample < samples; sample++)
        {
            var ours = new LoadMix(scene.Node, scene.Recent, client);
            var theirs = new LoadMix(scene.Primary, scene.Recent, client);
            PrimaryUse use = await PrimaryUse.DuringAsync(
                stage,
                scene.Project,
                () => new OpenRun(ours).RunAsync(scene.Pusher, rate, time, sample)
            );
            if (sample < 0)
            {
                continue; // the first has to make the mirror
            }

            int jobs = await new OpenRun(theirs).RunAsync(scene.Pusher, rate, time, sample);
            await Console.Error.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"bench: open: {jobs} jobs, {use.Packs} packs made at the primary through the node, {theirs.Packs} direct"
                )
            );
            packs.Add(use.Packs);
            clones.Add(Samples.Percentile(ours.ShallowClones, Slow));
            listings.Add(Samples.Percentile(ours.Listings, Slow));
            usualClones.Add(Samples.Percentile(theirs.ShallowClones, Usual));
            usualListings.Add(Samples.Percentile(theirs.Listings, Usual));
        }

        string load = string.Create(
            CultureInfo.InvariantCulture,
            $"CI jobs at a fixed rate of {rate:0.0} a second, which the primary just bears, for {time.TotalSeconds:0} s"
        );
        Add($"{load}: `--depth 1` answers, p99 against p50 direct, ms", clones, usualClones);
        Add("its `ls-refs`, p99 against p50 direct, ms", listings, usualListings);
        table.Add(new Row("its packs made at the primary") { Ours = packs.Say("0") });

        void Add(string what, Samples mine, Samples other) =>
            table.Add(
                new Row(what)
                {
                    Ours = mine.Say("0"),
                    Rival = $"direct: {other.Say("0")}",
                    Compared = mine.Over(other),
                    Unit = "× the time",
                    Bar = Bar.AtMost(1),
                }
            );
    }
}
