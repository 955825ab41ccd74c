namespace Waystation.Ratios.Measures;

/// <summary>Identical cold clones through HAProxy, over one, two and three nodes: how much does the primary send?</summary>
internal static class FarmBytes
{
    private const int Clones = 24;

    private static readonly int[] s_sizes = [1, 2, 3];

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        var alone = new Samples();
        foreach (int size in s_sizes)
        {
            Samples packs = new(),
                megabytes = new();
            await using FarmStage farm = await FarmStage.StartAsync(stage.Primary.Url, size);
            for (int sample = 0; sample < samples; sample++)
            {
                using var folder = new TempFolder();
                var git = new GitClient(folder);
                PrimaryRepository cold = await stage.Primary.CreateAsync(
                    $"public/farm-{size}-{sample}.git",
                    new History(Seed: 300 + sample) { IncompressibleBytes = 8 << 20 }
                );
                string url = farm.Url.To(cold).AbsoluteUri;
                PrimaryUse use = await PrimaryUse.DuringAsync(
                    stage,
                    cold,
                    () =>
                        Task.WhenAll(
                            Enumerable.Range(0, Clones).Select(i => git.RunAsync("clone", "--quiet", "--bare", url, $"clone-{i}"))
                        ),
                    farm.Nodes
                );
                packs.Add(use.Packs);
                megabytes.Add(use.Bytes / 1e6);
                if (size == 1)
                {
                    alone.Add(use.Bytes / 1e6);
                }
            }

            table.Add(
                new Row($"{Clones} identical cold clones over a farm of {size}: MB from the primary, refs included")
                {
                    Ours = $"{megabytes.Say()}; {packs.Say("0")} packs",
                    Rival = size == 1 ? "" : $"farm of 1: {alone.Say()}",
                    Compared = megabytes.Over(alone),
                    Unit = "× the bytes",
                    Bar = size == 1 ? null : Bar.AtMost(1.05),
                }
            );
        }
    }
}
