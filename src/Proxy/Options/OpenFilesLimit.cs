using System.Globalization;

namespace Waystation.Proxy.Options;

/// <summary>The number of files and sockets that the process may have open at once.</summary>
internal static class OpenFilesLimit
{
    private const string Name = "Max open files";

    /// <summary>The default of Linux.</summary>
    private const long Usual = 1_024;

    /// <summary>The soft limit, which the runtime has raised to the hard one.</summary>
    public static long Read()
    {
        try
        {
            string? line = File.ReadLines("/proc/self/limits")
                .FirstOrDefault(static line => line.StartsWith(Name, StringComparison.Ordinal));
            string? soft = line?[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
            return soft == "unlimited" ? int.MaxValue
                : long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out long limit) ? limit
                : Usual;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Usual;
        }
    }
}
