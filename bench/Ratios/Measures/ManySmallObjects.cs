using System.Diagnostics;
using System.Net;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.Ratios.Measures;

/// <summary>
/// A thousand small objects of Git LFS for somebody far from the primary: straight over the line, and through a node next door that has the
/// line between itself and the primary. Once by a client that discards them, once by the real <c>git lfs fetch</c>.
/// </summary>
internal static class ManySmallObjects
{
    private const long BitsPerSecond = 20_000_000;

    private const int Size = 10_000,
        WarmFetchesPerSample = 3;

    private static readonly TimeSpan s_roundTrip = TimeSpan.FromMilliseconds(60);

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        int count = stage.IsQuick ? 200 : 1000;
        await using LfsPrimary primary = await LfsPrimary.StartAsync();
        await using WideAreaLink link = WideAreaLink.Open(new IPEndPoint(IPAddress.Loopback, primary.Url.Port), s_roundTrip, BitsPerSecond);
        primary.CalledAs = link.Url;
        LfsContent[] contents = [.. Enumerable.Range(1, count).Select(static seed => LfsContent.FromSeed(seed, Size))];
        PrimaryRepository repository = await LfsStage.CreateAsync(primary, "many", contents);
        using var folder = new TempFolder();
        GitClient git = new GitClient(folder).With("lfs.locksverify=false") with { Timeout = TimeSpan.FromMinutes(5) };
        await git.RunAsync("clone", "--quiet", "--bare", link.Url.To(repository).AbsoluteUri, "work.git");
        git = git.In("work.git");
        Figures discarded = new(),
            byGit = new();
        for (int sample = 0; sample < samples; sample++)
        {
            await TakeAsync(discarded, DiscardAsync);
            await TakeAsync(byGit, FetchAsync);
        }

        string line = $"{BitsPerSecond / 1_000_000} Mbit/s and {s_roundTrip.TotalMilliseconds:0} ms";
        string what = $"{count:#,0} LFS objects of 10 kB over {line}";
        Tell(discarded, $"{what}, discarded, {samples} samples, s", stage.IsQuick ? null : Bar.AtLeast(10));
        Tell(byGit, $"{what}, by `git lfs fetch`, {samples} samples, s", bar: null);

        async Task TakeAsync(Figures figures, Func<Uri, Task<double>> fetchAsync)
        {
            figures.Direct.Add(await fetchAsync(link.Url));
            // A new node for each sample, which has none of the objects.
            await using WaystationNode node = await WaystationNode.StartAsync(link.Url);
            figures.Cold.Add(await fetchAsync(node.Url));
            List<double> times = [];
            for (int i = 0; i < WarmFetchesPerSample; i++)
            {
                times.Add(await fetchAsync(node.Url));
            }

            figures.Warm.Add(Samples.MedianOf(times));
        }

        void Tell(Figures figures, string name, Bar? bar)
        {
            string rival = $"direct: {figures.Direct.Say()}";
            table.Add(
                new Row($"{name}: cold")
                {
                    Ours = figures.Cold.Say(),
                    Rival = rival,
                    Compared = figures.Cold.Over(figures.Direct),
                    Unit = "× the time",
                }
            );
            table.Add(
                new Row($"{name}: warm")
                {
                    Ours = figures.Warm.Say(),
                    Rival = rival,
                    Compared = figures.Direct.Over(figures.Warm),
                    Format = "0.0",
                    Unit = "× faster",
                    Bar = bar,
                }
            );
        }

        async Task<double> DiscardAsync(Uri door)
        {
            using var client = new LfsFetch();
            // The connections are there, as for everything else that is measured over this line.
            await client.FetchAsync(door.To(repository), contents[..8]);
            long begun = Stopwatch.GetTimestamp();
            long bytes = await client.FetchAsync(door.To(repository), contents);
            double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            return bytes == (long)count * Size ? seconds : throw new InvalidOperationException($"{bytes} bytes came");
        }

        async Task<double> FetchAsync(Uri door)
        {
            string objects = Path.Combine(git.Folder, "lfs");
            if (Directory.Exists(objects))
            {
                Directory.Delete(objects, recursive: true);
            }

            await git.RunAsync("remote", "set-url", "origin", door.To(repository).AbsoluteUri);
            long begun = Stopwatch.GetTimestamp();
            await git.RunAsync("lfs", "fetch", "origin", "main");
            double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            int got = Directory.GetFiles(Path.Combine(objects, "objects"), "*", SearchOption.AllDirectories).Length;
            return got == count ? seconds : throw new InvalidOperationException($"{got} objects came instead of {count}");
        }
    }

    private sealed record Figures
    {
        public Samples Direct { get; } = new();

        public Samples Cold { get; } = new();

        public Samples Warm { get; } = new();
    }
}
