using System.Globalization;

namespace Waystation.Ratios.Measures;

/// <summary>Requests while the node works in the background: a large mirror has just been made, and gets its first upkeep.</summary>
internal static class BesideUpkeep
{
    private const int RequestsWhenIdle = 60;

    /// <summary>Fewer answers within one upkeep say nothing.</summary>
    private const int FewestRequests = 10;

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        PrimaryRepository project = await stage.ProjectAsync(),
            small = await stage.SmallAsync();
        byte[] kept = FetchBody.Clone(await small.ResolveAsync("refs/heads/main"), depth: 1);
        await WarmAnswer.MakeAsync(stage, small, "beside-upkeep", depth: 1);
        using var client = new HttpClient { Timeout = TimeSpan.FromMinutes(10) };
        Samples listings = new(),
            packs = new(),
            idleListings = new(),
            idlePacks = new(),
            answers = new();
        for (int sample = -1; sample < samples; sample++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"public/upkeep{sample + 1}.git");
            PrimaryRepository copy = await stage.Primary.CreateAsync(name);
            await RealRepository.TakeAsync(copy, project.Folder);
            await PrimaryUse.SettleAsync(stage);
            (List<double> quietListings, List<double> quietPacks) = await AskAsync(count => Task.FromResult(count < RequestsWhenIdle));

            string url = stage.Node.Url.To(copy).AbsoluteUri;
            await Exchange.PostAsync(client, url, FetchBody.LsRefs);
            await Exchange.PostAsync(client, url, FetchBody.Clone(await copy.ResolveAsync("refs/heads/main")));
            await Eventually.TrueAsync("upkeep has begun", IsWorkingAsync, TimeSpan.FromMinutes(3));
            (List<double> busyListings, List<double> busyPacks) = await AskAsync(async _ => await IsWorkingAsync());
            if (sample < 0 || busyListings.Count < FewestRequests)
            {
                continue;
            }

            answers.Add(busyListings.Count);
            listings.Add(Samples.MedianOf(busyListings));
            packs.Add(Samples.MedianOf(busyPacks));
            idleListings.Add(Samples.MedianOf(quietListings));
            idlePacks.Add(Samples.MedianOf(quietPacks));
        }

        Add($"`ls-refs` while a mirror of the project has its first upkeep ({answers.Say("0")} requests), ms", listings, idleListings);
        Add("first to last byte of a kept `--depth 1` answer meanwhile, ms", packs, idlePacks);

        async Task<bool> IsWorkingAsync() => (await stage.Node.MetricsAsync()).Sum("waystation_work_running") > 0;

        async Task<(List<double> Listings, List<double> Packs)> AskAsync(Func<int, Task<bool>> goesOn)
        {
            (List<double> asked, List<double> sent) = ([], []);
            string url = stage.Node.Url.To(small).AbsoluteUri;
            while (await goesOn(asked.Count))
            {
                asked.Add((await Exchange.PostAsync(client, url, FetchBody.LsRefs)).Milliseconds);
                sent.Add((await Exchange.PostAsync(client, url, kept)).Milliseconds);
            }

            return (asked, sent);
        }

        void Add(string what, Samples busy, Samples idle) =>
            table.Add(
                new Row(what)
                {
                    Ours = busy.Say(),
                    Rival = $"the same without background work: {idle.Say()}",
                    Compared = busy.Over(idle),
                    Unit = "× the time",
                    Bar = Bar.AtMost(1.25),
                }
            );
    }
}
