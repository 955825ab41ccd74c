using System.Diagnostics;

namespace Waystation.Ratios.Measures;

/// <summary>Requests at a node that scrubs without a pause between two passes, beside those at a node that does nothing else.</summary>
internal static class BesideScrubbing
{
    private const int Requests = 200;

    /// <summary>A node that has just started compiles the code of its first requests.</summary>
    private const int Discarded = 3;

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        PrimaryRepository small = await stage.SmallAsync(),
            large = await stage.LargeAsync();
        byte[] kept = FetchBody.Clone(await small.ResolveAsync("refs/heads/main"), depth: 1);
        await using WaystationNode quiet = await StartAsync(),
            scrubbing = await StartAsync("--Vet:ScrubWithin", "00:00:01", "--Vet:Every", "00:00:00");
        using var client = new HttpClient { Timeout = TimeSpan.FromMinutes(10) };
        Samples listings = new(),
            packs = new(),
            quietListings = new(),
            quietPacks = new(),
            share = new();
        for (int sample = -Discarded; sample < samples; sample++)
        {
            double read = await ScrubbedAsync();
            (double listing, double pack, double seconds, double cpu) = await AskAsync(scrubbing);
            if (await ScrubbedAsync() == read)
            {
                throw new InvalidOperationException("the node scrubbed nothing meanwhile");
            }

            (double quietListing, double quietPack, double quietSeconds, double quietCpu) = await AskAsync(quiet);
            if (sample < 0)
            {
                continue;
            }

            listings.Add(listing);
            packs.Add(pack);
            quietListings.Add(quietListing);
            quietPacks.Add(quietPack);
            share.Add(100 * ((cpu / seconds) - (quietCpu / quietSeconds)));
        }

        Add("`ls-refs` while the node scrubs, ms", listings, quietListings);
        Add("first to last byte of a kept `--depth 1` answer meanwhile, ms", packs, quietPacks);
        table.Add(
            new Row("CPU of scrubbing meanwhile, without a pause between two passes")
            {
                Compared = share,
                Format = "0",
                Unit = "% of a core",
                Bar = Bar.AtMost(25),
            }
        );

        // Its mirrors and packs are what there is to scrub.
        async Task<WaystationNode> StartAsync(params string[] options)
        {
            WaystationNode node = await WaystationNode.StartAsync(stage.Primary.Url, new NodeSettings { Options = options });
            using var cloning = new HttpClient { Timeout = TimeSpan.FromMinutes(10) };
            foreach (PrimaryRepository repository in (PrimaryRepository[])[large, small])
            {
                string url = node.Url.To(repository).AbsoluteUri;
                await Exchange.PostAsync(cloning, url, FetchBody.LsRefs);
                await Exchange.PostAsync(cloning, url, FetchBody.Clone(await repository.ResolveAsync("refs/heads/main")));
                await Exchange.PostAsync(cloning, url, FetchBody.Clone(await repository.ResolveAsync("refs/heads/main"), depth: 1));
            }

            await Eventually.TrueAsync("there are mirrors", async () => (await node.MetricsAsync()).Sum("waystation_mirrors") == 2);
            await Eventually.TrueAsync("nothing is under way", async () => (await node.MetricsAsync()).Sum("waystation_work_running") == 0);
            return node;
        }

        async Task<double> ScrubbedAsync() => (await scrubbing.MetricsAsync()).Sum("waystation_vet_total", "result=\"scrubbed\"");

        async Task<(double Listing, double Pack, double Seconds, double Cpu)> AskAsync(WaystationNode node)
        {
            (List<double> asked, List<double> sent) = ([], []);
            string url = node.Url.To(small).AbsoluteUri;
            double before = CpuTime.OfProcess(node.ProcessId);
            long begun = Stopwatch.GetTimestamp();
            for (int request = 0; request < Requests; request++)
            {
                asked.Add((await Exchange.PostAsync(client, url, FetchBody.LsRefs)).Milliseconds);
                sent.Add((await Exchange.PostAsync(client, url, kept)).Milliseconds);
            }

            return (
                Samples.MedianOf(asked),
                Samples.MedianOf(sent),
                Stopwatch.GetElapsedTime(begun).TotalSeconds,
                CpuTime.OfProcess(node.ProcessId) - before
            );
        }

        void Add(string what, Samples busy, Samples idle) =>
            table.Add(
                new Row(what)
                {
                    Ours = busy.Say(),
                    Rival = $"a node that does nothing else: {idle.Say()}",
                    Compared = busy.Over(idle),
                    Unit = "× the time",
                    Bar = Bar.AtMost(1.25),
                }
            );
    }
}
