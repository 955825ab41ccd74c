using System.Globalization;

namespace Waystation.Ratios.Probes;

/// <summary>One transfer by curl, which discards the response: the same client for every rival.</summary>
/// <param name="Seconds">From before the connection until the last byte.</param>
/// <param name="Bytes">Received.</param>
/// <param name="CacheStatus">The header of that name; empty if there is none.</param>
internal sealed record Curl(double Seconds, long Bytes, string CacheStatus)
{
    private const string Told = "\n%{time_total} %{size_download} %{http_code} %header{cache-status}";

    /// <summary>Transfers once; whatever is not 200 ends the measure.</summary>
    public static async Task<Curl> RunAsync(Uri url, string output, params IReadOnlyList<string> options)
    {
        CommandResult result = await new Command(
            "curl",
            ["--silent", "--show-error", "--output", output, "--write-out", Told, .. options, url.AbsoluteUri]
        )
        {
            Timeout = TimeSpan.FromMinutes(5),
        }.MustRunAsync();
        string[] told = result.Output.Split('\n')[^1].Split(' ', 4);
        return told[2] == "200"
            ? new Curl(double.Parse(told[0], CultureInfo.InvariantCulture), long.Parse(told[1], CultureInfo.InvariantCulture), told[3])
            : throw new InvalidOperationException($"{url.AbsolutePath} was answered with {told[2]}");
    }
}
