namespace Waystation.Ratios.Measures;

/// <summary>Many identical clones at once of a repository that nobody has asked for: how many packs does the primary make?</summary>
internal static class ColdCrowd
{
    private const int Clones = 24;

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        var packs = new Samples();
        for (int sample = 0; sample < samples; sample++)
        {
            using var folder = new TempFolder();
            var git = new GitClient(folder);
            PrimaryRepository cold = await stage.Primary.CreateAsync(
                $"public/cold-{sample}.git",
                new History(Seed: 100 + sample) { IncompressibleBytes = 8 << 20 }
            );
            string url = stage.Node.UrlOf(cold).AbsoluteUri;
            await Task.WhenAll(Enumerable.Range(0, Clones).Select(i => git.RunAsync("clone", "--quiet", "--bare", url, $"clone-{i}")));
            packs.Add(cold.PacksMade);
        }

        table.Add(
            new Row($"{Clones} identical cold clones at once")
            {
                Compared = packs,
                Format = "0",
                Unit = "packs made at the primary",
                Bar = Bar.AtMost(1),
            }
        );
    }
}
