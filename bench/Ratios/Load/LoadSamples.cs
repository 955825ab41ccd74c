namespace Waystation.Ratios.Load;

/// <summary>The results of the runs through one server, a value for each run.</summary>
internal sealed class LoadSamples
{
    public static readonly IReadOnlyList<double> Shares = [0.5, 0.95, 0.99];

    /// <summary>Answers of either kind a second.</summary>
    public Samples Rate { get; } = new();

    /// <summary>Answers that brought a pack.</summary>
    public Samples Fetches { get; } = new();

    /// <summary>Packs that the primary made.</summary>
    public Samples PacksMade { get; } = new();

    /// <summary>Megabytes that the primary sent, refs included.</summary>
    public Samples Megabytes { get; } = new();

    /// <summary>Kilobytes that the primary sent for one pack given to a client.</summary>
    public Samples KilobytesOfFetch { get; } = new();

    /// <summary>Milliseconds of CPU that the primary, its scripts included, used for one answer.</summary>
    public Samples PrimaryCpu { get; } = new();

    /// <summary>The same of the node and the programs that it runs.</summary>
    public Samples NodeCpu { get; } = new();

    /// <summary>Both.</summary>
    public Samples ServerCpu { get; } = new();

    /// <summary>Milliseconds of <c>--depth 1</c>, by <see cref="Shares"/>.</summary>
    public IReadOnlyList<Samples> ShallowClones { get; } = [.. Shares.Select(static _ => new Samples())];

    /// <summary>Milliseconds of listings, by <see cref="Shares"/>.</summary>
    public IReadOnlyList<Samples> Listings { get; } = [.. Shares.Select(static _ => new Samples())];

    /// <summary>Adds a run.</summary>
    /// <param name="run">That has ended.</param>
    /// <param name="use">The run's use of the primary.</param>
    /// <param name="primaryCpu">Seconds.</param>
    /// <param name="nodeCpu">Seconds.</param>
    public void Add(LoadRun run, PrimaryUse use, double primaryCpu, double nodeCpu)
    {
        Rate.Add(run.Mix.Requests / run.Elapsed.TotalSeconds);
        Fetches.Add(run.Mix.Packs);
        PacksMade.Add(use.Packs);
        Megabytes.Add(use.Bytes / 1e6);
        KilobytesOfFetch.Add(use.Bytes / 1e3 / run.Mix.Packs);
        PrimaryCpu.Add(primaryCpu * 1000 / run.Mix.Requests);
        NodeCpu.Add(nodeCpu * 1000 / run.Mix.Requests);
        ServerCpu.Add((primaryCpu + nodeCpu) * 1000 / run.Mix.Requests);
        for (int i = 0; i < Shares.Count; i++)
        {
            ShallowClones[i].Add(Samples.Percentile(run.Mix.ShallowClones, Shares[i]));
            Listings[i].Add(Samples.Percentile(run.Mix.Listings, Shares[i]));
        }
    }
}
