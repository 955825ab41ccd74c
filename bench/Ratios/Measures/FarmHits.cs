namespace Waystation.Ratios.Measures;

/// <summary>The first fetch of a pack at a node whose neighbour has it, and the next one.</summary>
internal static class FarmHits
{
    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        await using FarmStage farm = await FarmStage.StartAsync(stage.Primary.Url, 3);
        using var client = new HttpClient();
        Samples theirs = new(),
            own = new();
        long bytes = 0;
        for (int sample = -1; sample < samples; sample++)
        {
            PrimaryRepository repository = await stage.Primary.CreateAsync(
                $"public/farm-hit-{sample + 1}.git",
                new History(Seed: 330) { IncompressibleBytes = 10 << 20 }
            );
            byte[] body = FetchBody.Clone(await repository.ResolveAsync("refs/heads/main"));
            List<double> first = [],
                next = [];
            foreach (WaystationNode node in farm.Nodes)
            {
                await FarmFetch.AuthoriseAsync(client, node, repository);
                FarmFetch answer = await FarmFetch.RunAsync(client, node, repository, body);
                if (!answer.IsOfPeer)
                {
                    continue; // it keeps the repository, or was the first
                }

                bytes = answer.Bytes;
                first.Add(answer.Milliseconds);
                await Eventually.TrueAsync(
                    "the answer is a hit",
                    async () =>
                    {
                        await FarmFetch.AuthoriseAsync(client, node, repository);
                        FarmFetch again = await FarmFetch.RunAsync(client, node, repository, body);
                        bool isHit = again.IsHit;
                        if (isHit)
                        {
                            next.Add(again.Milliseconds);
                        }

                        return isHit;
                    }
                );
            }

            if (sample >= 0)
            {
                theirs.Add(Samples.MedianOf(first));
                own.Add(Samples.MedianOf(next));
            }
        }

        table.Add(
            new Row($"fetch of a pack of {bytes / 1e6:0.0} MB that another node has, ms")
            {
                Ours = theirs.Say("0.0"),
                Rival = $"own hit: {own.Say("0.0")}",
                Compared = theirs.Over(own),
                Unit = "× the time",
            }
        );
    }
}
