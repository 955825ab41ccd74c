using System.Diagnostics;

namespace Waystation.Ratios.Measures;

/// <summary>Answers a second of three nodes and of one. Each node has a share of one core, so that the machine has enough for three, the
/// primary, HAProxy and the clients.</summary>
internal static class FarmRate
{
    private const int Workers = 12;

    private const double Share = 0.25;

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        PrimaryRepository repository = await stage.Primary.CreateAsync(
            "public/farm-rate.git",
            new History(Seed: 320) { IncompressibleBytes = 256 << 10 }
        );
        byte[] body = FetchBody.Clone(await repository.ResolveAsync("refs/heads/main"), depth: 1);
        Samples three = new(),
            one = new();
        for (int sample = 0; sample < samples; sample++)
        {
            one.Add(await RateAsync(stage, repository, body, nodes: 1));
            three.Add(await RateAsync(stage, repository, body, nodes: 3));
        }

        table.Add(
            new Row($"warm `--depth 1` answers a second from three nodes, each with {Share:0%} of one core")
            {
                Ours = three.Say("0"),
                Rival = $"one such node: {one.Say("0")}",
                Compared = three.Over(one),
                Unit = "×",
                Bar = Bar.AtLeast(2.5),
            }
        );
    }

    private static async Task<double> RateAsync(Stage stage, PrimaryRepository repository, byte[] body, int nodes)
    {
        await using FarmStage farm = await FarmStage.StartAsync(stage.Primary.Url, nodes);
        using var client = new HttpClient();
        foreach (WaystationNode node in farm.Nodes)
        {
            await Eventually.TrueAsync(
                "every node has the answer",
                async () =>
                {
                    await FarmFetch.AuthoriseAsync(client, node, repository);
                    return (await FarmFetch.RunAsync(client, node, repository, body)).IsHit;
                }
            );
        }

        CpuShare[] shares = [.. farm.Nodes.Select(static node => CpuShare.Limit(node.ProcessId, Share))];
        try
        {
            string url = farm.Url.To(repository).AbsoluteUri;
            TimeSpan length = TimeSpan.FromSeconds(stage.IsQuick ? 2 : 8);
            long begun = Stopwatch.GetTimestamp();
            int[] answers = await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => WorkAsync()));
            return answers.Sum() / Stopwatch.GetElapsedTime(begun).TotalSeconds;

            async Task<int> WorkAsync()
            {
                int done = 0;
                while (Stopwatch.GetElapsedTime(begun) < length)
                {
                    await Exchange.PostAsync(client, url, body);
                    done++;
                }

                return done;
            }
        }
        finally
        {
            foreach (CpuShare share in shares)
            {
                share.Dispose();
            }
        }
    }
}
