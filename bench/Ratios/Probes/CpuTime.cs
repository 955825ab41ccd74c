using System.Globalization;

namespace Waystation.Ratios.Probes;

/// <summary>
/// Seconds of CPU that processes have used, by <c>/proc</c>. The time of a child is added to its parent when it is reaped, so the sum over
/// the living processes includes the dead ones.
/// </summary>
internal static class CpuTime
{
    /// <summary>USER_HZ, which is 100 on every architecture that .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    // Positions in /proc/PID/stat after the name, whose parentheses may enclose any text.
    private const int Session = 3,
        UserTime = 11,
        ChildrenSystemTime = 14;

    public static double OfProcess(int process) =>
        Used(Fields(process) ?? throw new InvalidOperationException($"process {process} has ended"));

    /// <summary>Of a session's leader and all in its session.</summary>
    public static double OfSession(int leader)
    {
        double sum = 0;
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (
                int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int process)
                && Fields(process) is { } fields
                && int.Parse(fields[Session], CultureInfo.InvariantCulture) == leader
            )
            {
                sum += Used(fields);
            }
        }

        return sum;
    }

    private static double Used(string[] fields) =>
        fields[UserTime..(ChildrenSystemTime + 1)].Sum(field => long.Parse(field, CultureInfo.InvariantCulture)) / TicksPerSecond;

    private static string[]? Fields(int process)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null; // ended while we looked
        }
    }
}
