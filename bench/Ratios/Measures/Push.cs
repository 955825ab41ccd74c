using System.Diagnostics;
using System.Globalization;

namespace Waystation.Ratios.Measures;

/// <summary><c>git push</c> of a large commit through a node that has a mirror, and so takes a copy of what passes, against
/// direct.</summary>
internal static class Push
{
    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        int size = (stage.IsQuick ? 16 : 64) << 20;
        PrimaryRepository repository = await stage.OnceAsync("pushed", static (_, made) => LargeFiles.ImportAsync(made, 1 << 20));
        using var folder = new TempFolder();
        GitClient git = new GitClient(folder).With("core.compression=0").With("core.bigFileThreshold=1m");
        await git.RunAsync("clone", "--quiet", stage.Node.UrlOf(repository).AbsoluteUri, "work");
        git = git.In("work");
        Samples ours = new(),
            theirs = new();
        int number = 0;
        for (int sample = -1; sample < samples; sample++)
        {
            // The rivals take turns in going first as well.
            bool nodeFirst = sample % 2 == 0;
            double first = await PushAsync(nodeFirst ? stage.Node.Url : stage.Primary.Url),
                second = await PushAsync(nodeFirst ? stage.Primary.Url : stage.Node.Url);
            if (sample < 0)
            {
                continue;
            }

            ours.Add(nodeFirst ? first : second);
            theirs.Add(nodeFirst ? second : first);
        }

        table.Add(
            new Row($"`git push` of {size >> 20} MiB, teed into the mirror, s")
            {
                Ours = ours.Say(),
                Rival = $"direct: {theirs.Say()}",
                Compared = ours.Over(theirs),
                Unit = "× the time",
                Bar = Bar.AtMost(1.05),
            }
        );

        async Task<double> PushAsync(Uri door)
        {
            number++;
            string branch = string.Create(CultureInfo.InvariantCulture, $"push-{number}");
            await git.RunAsync("checkout", "--quiet", "-b", branch, "origin/main");
            byte[] bytes = new byte[size];
            new Random(number).NextBytes(bytes);
            await File.WriteAllBytesAsync(Path.Combine(git.Folder, "large.bin"), bytes);
            await git.RunAsync("add", "large.bin");
            await git.RunAsync("commit", "--quiet", "--message", branch);
            await PrimaryUse.SettleAsync(stage);
            long begun = Stopwatch.GetTimestamp();
            await git.RunAsync("push", "--quiet", door.To(repository, "alice").AbsoluteUri, branch);
            double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            await PrimaryUse.SettleAsync(stage);
            return seconds;
        }
    }
}
