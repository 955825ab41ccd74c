using System.Globalization;

namespace Waystation.Ratios.Measures;

/// <summary>
/// A small commit, and the next full clone: the node keeps the last one and makes what has come since. What does that cost beside
/// <c>pack-objects</c>, and how much goes to the disk for each commit, with all that the node keeps and makes ahead?
/// </summary>
internal static class Increment
{
    /// <summary>After so many commits for which no clone was made ahead, none is for the next one.</summary>
    private const int UntilForgotten = 3;

    private const int CommitsOfDisk = 40;

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        PrimaryRepository project = await stage.ProjectAsync();
        WarmAnswer before = await WarmAnswer.MakeAsync(stage, project, "increment");
        await Eventually.TrueAsync(
            "the mirror has its bitmaps",
            () => Directory.GetFiles(stage.Node.DataFolder, "*.bitmap", SearchOption.AllDirectories).Length > 0,
            TimeSpan.FromMinutes(10)
        );

        Samples making = new(),
            streaming = new(),
            packing = new();
        for (int sample = -1; sample < samples; sample++)
        {
            await CommitUntilForgottenAsync(stage, project, before);
            Uri url = new(stage.Node.Url.To(project).AbsoluteUri + "/git-upload-pack");
            string tip = await project.ResolveAsync("refs/heads/main"),
                body = await stage.BodyFileAsync("increment.next", FetchBody.Clone(tip));
            await before.AuthoriseAsync(stage.Node.Url);
            double first = await CpuAsync(stage, url, body, "detail=local"),
                second = await CpuAsync(stage, url, body, "hit"),
                rival = await PackObjectsAsync(project, tip);
            if (sample >= 0)
            {
                making.Add(first - second);
                streaming.Add(second);
                packing.Add(rival);
            }
        }

        table.Add(
            new Row($"next full clone after a commit ({stage.ProjectName}, {before.Bytes / 1e6:0} MB): CPU of making it, s")
            {
                Ours = $"{making.Say()}, and {streaming.Say()} to send it, as for every later one",
                Rival = $"git pack-objects with bitmaps: {packing.Say()}",
                Compared = making.Over(packing),
                Unit = "× the CPU",
                Bar = Bar.AtMost(0.35),
            }
        );
        await MeasureDiskAsync(stage, project, before, table);
    }

    private static async Task MeasureDiskAsync(Stage stage, PrimaryRepository project, WarmAnswer before, Table table)
    {
        Uri url = new(stage.Node.Url.To(project).AbsoluteUri + "/git-upload-pack");
        await PrimaryUse.SettleAsync(stage);
        long begun = Written(stage.Node.ProcessId);
        for (int commit = 0; commit < CommitsOfDisk; commit++)
        {
            await CommitAsync(stage, project, before);
            string body = await stage.BodyFileAsync("increment.next", FetchBody.Clone(await project.ResolveAsync("refs/heads/main")));
            await CpuAsync(stage, url, body, "hit");
        }

        await PrimaryUse.SettleAsync(stage);
        table.Add(
            new Row($"written to the disk for each commit, clones made ahead and upkeep included, mean of {CommitsOfDisk}, MB")
            {
                Compared = Samples.Of((Written(stage.Node.ProcessId) - begun) / 1e6 / CommitsOfDisk),
                Unit = "MB",
                Bar = Bar.AtMost(2),
            }
        );
    }

    /// <summary>Commits that nobody clones, until the node makes no clone ahead.</summary>
    private static async Task CommitUntilForgottenAsync(Stage stage, PrimaryRepository project, WarmAnswer before)
    {
        for (int quiet = 0; quiet < UntilForgotten; )
        {
            double ahead = await MadeAheadAsync(stage);
            await CommitAsync(stage, project, before);
            quiet = await MadeAheadAsync(stage) > ahead ? 0 : quiet + 1;
        }
    }

    private static async Task<double> MadeAheadAsync(Stage stage) => (await stage.Node.MetricsAsync()).Sum("waystation_warmed_total");

    /// <summary>A commit at the primary, and the node follows.</summary>
    private static async Task CommitAsync(Stage stage, PrimaryRepository project, WarmAnswer before)
    {
        await project.CommitAsync();
        await before.AuthoriseAsync(stage.Node.Url);
        await PrimaryUse.SettleAsync(stage);
    }

    /// <summary>Seconds of CPU that the node takes for an answer.</summary>
    private static async Task<double> CpuAsync(Stage stage, Uri url, string body, string expected)
    {
        double begun = CpuTime.OfProcess(stage.Node.ProcessId);
        Curl got = await Curl.RunAsync(
            url,
            "/dev/null",
            "--header",
            "Git-Protocol: version=2",
            "--header",
            "Content-Type: " + FetchBody.ContentType,
            "--data-binary",
            "@" + body
        );
        await PrimaryUse.SettleAsync(stage);
        return got.CacheStatus.Contains(expected, StringComparison.Ordinal)
            ? CpuTime.OfProcess(stage.Node.ProcessId) - begun
            : throw new InvalidOperationException($"not the answer that was expected, but '{got.CacheStatus}'");
    }

    private static async Task<double> PackObjectsAsync(PrimaryRepository project, string tip)
    {
        CommandResult result = await new Command(
            "bash",
            "-c",
            $"TIMEFORMAT='%U %S'; time git -c safe.directory='*' -c core.compression=-1 pack-objects --quiet --revs --stdout --thin "
                + $"--delta-base-offset >/dev/null <<< {tip}"
        )
        {
            WorkingDirectory = project.Folder,
            Timeout = TimeSpan.FromMinutes(5),
        }.MustRunAsync();
        return result
            .Error.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[^2..]
            .Sum(static seconds => double.Parse(seconds, CultureInfo.InvariantCulture));
    }

    /// <summary>Bytes that a process and its ended children have sent to the disk (proc_pid_io(5)).</summary>
    private static long Written(int process)
    {
        Dictionary<string, long> counts = File.ReadAllLines($"/proc/{process}/io")
            .Select(static line => line.Split(": "))
            .ToDictionary(static parts => parts[0], static parts => long.Parse(parts[1], CultureInfo.InvariantCulture));
        return counts["write_bytes"] - counts["cancelled_write_bytes"];
    }
}
