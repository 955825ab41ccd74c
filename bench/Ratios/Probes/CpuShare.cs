using System.Globalization;

namespace Waystation.Ratios.Probes;

/// <summary>
/// A share of one core for a process and all that it starts, by a control group of the kernel (version 1). It needs root.
/// </summary>
internal sealed class CpuShare : IDisposable
{
    private const string Root = "/sys/fs/cgroup/cpu";
    private const int PeriodMicroseconds = 20_000;

    private readonly string _folder = Path.Combine(Root, "waystation-" + Path.GetRandomFileName());

    private CpuShare() { }

    public static CpuShare Limit(int process, double cores)
    {
        var share = new CpuShare();
        try
        {
            Directory.CreateDirectory(share._folder);
            Write(share._folder, "cpu.cfs_period_us", PeriodMicroseconds);
            Write(share._folder, "cpu.cfs_quota_us", (int)(PeriodMicroseconds * cores));
            Write(share._folder, "cgroup.procs", process);
            return share;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            share.Dispose();
            throw new InvalidOperationException($"this machine lets nobody limit a process by {Root}", e);
        }
    }

    /// <summary>The processes that are there still go on without a limit.</summary>
    public void Dispose()
    {
        if (!Directory.Exists(_folder))
        {
            return;
        }

        foreach (string process in File.ReadAllLines(Path.Combine(_folder, "cgroup.procs")))
        {
            Write(Root, "cgroup.procs", int.Parse(process, CultureInfo.InvariantCulture));
        }

        Directory.Delete(_folder);
    }

    private static void Write(string folder, string name, int value) =>
        File.WriteAllText(Path.Combine(folder, name), value.ToString(CultureInfo.InvariantCulture));
}
