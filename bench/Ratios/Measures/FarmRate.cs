using System.Diagnostics;

namespace Waystation.Ratios.Measures;

/// <summary>Answers a second of three nodes and of one. Each node has a share of one core, so that the machine has enough for three, the
/// primary, HAProxy and the clients.</summary>
internal static class FarmRate
{
    /// <summary>Clients for each node, so that one node and three have the same to do. With as many for three as for one, a node of three
    /// would be without a request now and then, because they wait at another one.</summary>
    private const int WorkersOfNode = 12;

    private const double Share = 0.25;

    /// <summary>Answers of each node before its share is limited: the runtime compiles their code well only after it has run often, and
    /// with a quarter of a core that would take longer than the measurement.</summary>
    private const int WarmAnswers = 600;

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

        string url = farm.Url.To(repository).AbsoluteUri;
        int workers = WorkersOfNode * nodes;
        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => WarmAsync()));
        CpuShare[] shares = [.. farm.Nodes.Select(static node => CpuShare.Limit(node.ProcessId, Share))];
        try
        {
            TimeSpan length = TimeSpan.FromSeconds(stage.IsQuick ? 2 : 8);
            long begun = Stopwatch.GetTimestamp();
            int[] answers = await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => WorkAsync()));
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

        // Through HAProxy, which gives each node as many.
        async Task WarmAsync()
        {
            for (int i = 0; i < WarmAnswers / WorkersOfNode; i++)
            {
                await Exchange.PostAsync(client, url, body);
            }
        }
    }
}
