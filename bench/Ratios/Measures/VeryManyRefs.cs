using System.Diagnostics;
using System.Text;

namespace Waystation.Ratios.Measures;

/// <summary>
/// A repository with very many branches: listing them all, the memory that takes, a warm <c>--depth 1</c> clone, and a kept answer to a
/// fetch that wants thousands of them.
/// </summary>
internal static class VeryManyRefs
{
    private const int Many = 200_000,
        QuickMany = 20_000;

    /// <summary>The first listings of a node wait for the runtime, which compiles what they use.</summary>
    private const int Discarded = 10;

    /// <summary>The runtime compiles code once more that is used often.</summary>
    private const int DiscardedWants = 60;

    /// <summary>Further credentials that are shown the same refs.</summary>
    private const int Credentials = 10;

    private const double MiB = 1 << 20;

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        int count = stage.IsQuick ? QuickMany : Many;
        PrimaryRepository many = await stage.OnceAsync("many-refs", (_, repository) => ManyRefs.ImportAsync(repository, count));
        // A node of its own: another one has grown by all that was measured before.
        await using WaystationNode node = await WaystationNode.StartAsync(stage.Primary.Url, new NodeSettings());
        string through = node.UrlOf(many).AbsoluteUri,
            direct = stage.Primary.UrlOf(many).AbsoluteUri;
        double before = await TicketBytesAsync(node);
        await CompareListingsAsync(stage, node, samples, table, count, through, direct);
        await AddBytesAsync(node, table, count, through, before);
        await CompareClonesAsync(samples, table, count, many, through, direct);
        await CompareWantsAsync(samples, table, count, many, through);
    }

    /// <summary>Both answers have every object of the history, and the node has kept both.</summary>
    private static async Task CompareWantsAsync(int samples, Table table, int count, PrimaryRepository many, string through)
    {
        using var client = new HttpClient();
        string[] commits = (await many.GitAsync("rev-list", "main")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        byte[] all = FetchBody.CloneOf(commits),
            one = FetchBody.CloneOf(commits.Take(1));
        Samples ours = new(),
            ofOne = new(),
            added = new();
        for (int sample = -DiscardedWants; sample < samples; sample++)
        {
            // The listing is the ticket of both.
            await Exchange.PostAsync(client, through, FetchBody.AllRefs);
            int packs = many.PacksMade;
            double ofAll = (await Exchange.PostAsync(client, through, all)).Milliseconds,
                alone = (await Exchange.PostAsync(client, through, one)).Milliseconds;
            if (sample < 0)
            {
                continue;
            }

            if (many.PacksMade != packs)
            {
                throw new InvalidOperationException("the primary made a pack for an answer that was to be kept");
            }

            ours.Add(ofAll);
            ofOne.Add(alone);
            added.Add(ofAll - alone);
        }

        table.Add(
            new Row($"fetch of {commits.Length:#,0} wants among {count:#,0} refs, kept, ms")
            {
                Ours = ours.Say("0.0"),
                Rival = $"the same objects by one want: {ofOne.Say("0.0")}",
                Compared = added,
                Format = "0.0",
                Unit = "ms added",
                Bar = Bar.AtMost(10),
            }
        );
    }

    /// <summary>
    /// By the node's own metric, after more credentials have been shown the same. The primary demands no login, and takes any.
    /// </summary>
    private static async Task AddBytesAsync(WaystationNode node, Table table, int count, string through, double before)
    {
        for (int user = 0; user < Credentials; user++)
        {
            using var client = new HttpClient();
            client.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"user{user}:x")));
            await Exchange.PostAsync(client, through, FetchBody.AllRefs);
        }

        table.Add(
            new Row($"memory of the listing of {count:#,0} refs, kept for the tickets of {Credentials + 1} credentials")
            {
                Compared = Samples.Of((await TicketBytesAsync(node) - before) / count),
                Format = "0.0",
                Unit = "bytes a ref",
                Bar = Bar.AtMost(48),
            }
        );
    }

    private static async Task<double> TicketBytesAsync(WaystationNode node) => (await node.MetricsAsync()).Sum("waystation_ticket_bytes");

    private static async Task CompareListingsAsync(
        Stage stage,
        WaystationNode node,
        int samples,
        Table table,
        int count,
        string through,
        string direct
    )
    {
        using var client = new HttpClient();
        Samples ours = new(),
            theirs = new(),
            added = new(),
            peak = new(),
            above = new();
        double megabytes = 0,
            idle = node.ResidentBytes;
        for (int sample = -Discarded; sample < samples; sample++)
        {
            await PrimaryUse.SettleAsync(stage, node);
            node.ForgetPeak();
            Exchange byNode = await Exchange.PostAsync(client, through, FetchBody.AllRefs);
            double most = node.PeakResidentBytes;
            Exchange byPrimary = await Exchange.PostAsync(client, direct, FetchBody.AllRefs);
            if (byNode.Bytes != byPrimary.Bytes)
            {
                throw new InvalidOperationException($"the node listed {byNode.Bytes} bytes, the primary {byPrimary.Bytes}");
            }

            if (sample < 0)
            {
                continue;
            }

            megabytes = byNode.Bytes / 1e6;
            ours.Add(byNode.Milliseconds);
            theirs.Add(byPrimary.Milliseconds);
            added.Add(byNode.Milliseconds - byPrimary.Milliseconds);
            peak.Add(most / MiB);
            above.Add((most - idle) / MiB);
        }

        table.Add(
            new Row($"`ls-refs` of all {count:#,0} refs, {megabytes:0.0} MB, ms")
            {
                Ours = ours.Say("0"),
                Rival = $"direct: {theirs.Say("0")}",
                Compared = added,
                Format = "0.0",
                Unit = "ms added",
                Bar = Bar.AtMost(15),
            }
        );
        table.Add(
            new Row("memory of the node meanwhile, MiB")
            {
                Ours = $"peak {peak.Say("0")}",
                Rival = $"idle, before all: {idle / MiB:0}",
                Compared = above,
                Format = "0",
                Unit = "MiB more",
                Bar = Bar.AtMost(30),
            }
        );
    }

    private static async Task CompareClonesAsync(int samples, Table table, int count, PrimaryRepository many, string through, string direct)
    {
        using var folder = new TempFolder();
        var git = new GitClient(folder) { Timeout = TimeSpan.FromMinutes(5) };
        Samples ours = new(),
            theirs = new();
        for (int sample = -1; sample < samples; sample++)
        {
            int packs = many.PacksMade;
            double byNode = await CloneAsync(git, through);
            if (sample >= 0 && many.PacksMade != packs)
            {
                throw new InvalidOperationException("the primary made a pack for a clone that was to be warm");
            }

            double byPrimary = await CloneAsync(git, direct);
            if (sample < 0)
            {
                continue;
            }

            ours.Add(byNode);
            theirs.Add(byPrimary);
        }

        table.Add(
            new Row($"`git clone --depth 1 --single-branch` among {count:#,0} refs, warm, with git's own work, s")
            {
                Ours = ours.Say(),
                Rival = $"direct: {theirs.Say()}",
                Compared = ours.Over(theirs),
                Unit = "× the time",
            }
        );
    }

    private static async Task<double> CloneAsync(GitClient git, string url)
    {
        long begun = Stopwatch.GetTimestamp();
        await git.RunAsync("clone", "--quiet", "--bare", "--depth", "1", "--single-branch", url, "clone");
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        Directory.Delete(Path.Combine(git.Folder, "clone"), recursive: true);
        return seconds;
    }
}
