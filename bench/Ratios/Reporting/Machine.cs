using System.Globalization;
using System.Runtime.InteropServices;

namespace Waystation.Ratios.Reporting;

/// <summary>The machine and the programs of the run: without these the figures mean nothing.</summary>
internal static class Machine
{
    public static async Task<string> DescribeAsync()
    {
        string model =
            File.ReadLines("/proc/cpuinfo")
                .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
                ?.Split(':')[1]
                .Trim()
            ?? RuntimeInformation.ProcessArchitecture.ToString();
        string load = File.ReadAllText("/proc/loadavg").Split(' ')[1];
        string memory = (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30)).ToString("0", CultureInfo.InvariantCulture);
        return $"{DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} cores ({model}), {memory} GiB, "
            + $"{RuntimeInformation.OSDescription}, "
            + $"load of the last five minutes {load}; "
            + $"{RuntimeInformation.FrameworkDescription}, {await FirstLineAsync("git", "--version")}, "
            + $"{await FirstLineAsync(NginxServer.Program, "-v")}, {await FirstLineAsync("apache2", "-v")}, "
            + $"{(await FirstLineAsync("curl", "--version")).Split(" (")[0]}";
    }

    private static async Task<string> FirstLineAsync(string program, string argument)
    {
        CommandResult result = await new Command(program, argument).RunAsync();
        return (result.Output + result.Error)
            .Split('\n')[0]
            .Replace("Server version: ", "", StringComparison.Ordinal)
            .Replace("nginx version: ", "", StringComparison.Ordinal);
    }
}
