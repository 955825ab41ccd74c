namespace Waystation.Ratios.Measures;

/// <summary>A warm fetch: at a node by itself with its own ticket, at a node of a farm with its own ticket, and with that of another
/// node, which it reads from Redis. Each fetch has a credential of its own, so no ticket is read twice.</summary>
internal static class FarmTickets
{
    private const int FetchesPerSample = 40;

    /// <summary>Samples before the first that counts: the runtime compiles code well only after it has run often, and only a fetch with
    /// the ticket of another node runs the code that reads it.</summary>
    private const int WarmSamples = 6;

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        PrimaryRepository repository = await stage.Primary.CreateAsync("public/farm-ticket.git", new History(Seed: 340));
        byte[] body = FetchBody.Clone(await repository.ResolveAsync("refs/heads/main"), depth: 1);
        await using FarmStage farm = await FarmStage.StartAsync(stage.Primary.Url, 2);
        await using WaystationNode single = await WaystationNode.StartAsync(stage.Primary.Url);
        using var client = new HttpClient();
        (string Name, WaystationNode Asked, WaystationNode Served)[] ways =
        [
            ("alone", single, single),
            ("own", farm.Nodes[0], farm.Nodes[0]),
            ("other", farm.Nodes[1], farm.Nodes[0]),
        ];
        foreach (WaystationNode node in (WaystationNode[])[single, .. farm.Nodes])
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

        Dictionary<string, Samples> times = ways.ToDictionary(static way => way.Name, static _ => new Samples());
        int user = 0;
        for (int sample = -WarmSamples; sample < samples; sample++)
        {
            Dictionary<string, List<double>> taken = ways.ToDictionary(static way => way.Name, static _ => new List<double>());
            for (int i = 0; i < FetchesPerSample; i++)
            {
                foreach ((string name, WaystationNode asked, WaystationNode served) in ways)
                {
                    string login = $"user{user++}";
                    await FarmFetch.AuthoriseAsync(client, asked, repository, login);
                    taken[name].Add((await FarmFetch.RunAsync(client, served, repository, body, login)).Milliseconds);
                }
            }

            foreach ((string name, List<double> list) in sample >= 0 ? taken : [])
            {
                times[name].Add(Samples.MedianOf(list));
            }
        }

        foreach (
            (string name, string what) in (ReadOnlySpan<(string, string)>)[("own", "its own ticket"), ("other", "a ticket of another node")]
        )
        {
            table.Add(
                new Row($"warm fetch at a node of a farm, with {what}, ms")
                {
                    Ours = times[name].Say(),
                    Rival = $"a node by itself: {times["alone"].Say()}",
                    Compared = times[name].Less(times["alone"]),
                    Unit = "ms added",
                    Bar = Bar.AtMost(1),
                }
            );
        }
    }
}
