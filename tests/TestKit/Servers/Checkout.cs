namespace Waystation.TestKit.Servers;

/// <summary>The folders of the sources and of the built program of this run.</summary>
public static class Checkout
{
    public static string Root { get; } = FindRoot();

    /// <summary>The launcher that the README names.</summary>
    public static string Launcher => Path.Combine(Root, "waystation");

    /// <summary>The program that a whole run of the tests has published, or else the one that was built together with the tests.</summary>
    public static string Program { get; } = Published ?? Path.Combine(Root, "artifacts", "bin", "Proxy", "release", "waystation");

    private static string? Published => Environment.GetEnvironmentVariable("WAYSTATION_TEST_PROGRAM") is { Length: > 0 } path ? path : null;

    /// <summary>
    /// Variables for a node of the published program. Nearly all of it is compiled already. To compile its much used parts once more, and
    /// better, would take half of the processor time of a node that lives for seconds.
    /// </summary>
    public static IReadOnlyDictionary<string, string> RuntimeSettings { get; } =
        Published is not null
            ? new Dictionary<string, string> { ["DOTNET_TC_CallCountThreshold"] = "10000" }
            : new Dictionary<string, string>();

    /// <summary>The runtime that runs the tests, for programs that are started with an empty environment.</summary>
    public static string DotnetRoot { get; } =
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Proxy.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no folder above {AppContext.BaseDirectory} has Proxy.sln");
    }
}
