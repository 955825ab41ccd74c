using System.Text;

namespace Waystation.Proxy.Setup;

/// <summary>The unit of systemd, made from that of the package.</summary>
internal static class ServiceUnit
{
    private const string Resource = "waystation.service";

    /// <summary>The data folder of the packaged unit, which systemd makes.</summary>
    public const string StateFolder = "/var/lib/waystation";

    /// <summary>The text for a node with these settings.</summary>
    /// <param name="configuration">The file of settings.</param>
    /// <param name="data">The data folder.</param>
    /// <param name="account">The account that the node runs as.</param>
    public static string Write(string configuration, string data, string account)
    {
        using Stream stream =
            typeof(ServiceUnit).Assembly.GetManifestResourceStream(Resource)
            ?? throw new FileNotFoundException($"this build has no {Resource}, which lies in the folder deploy");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        string program = Environment.ProcessPath!;
        IEnumerable<string> lines = reader
            .ReadToEnd()
            .TrimEnd('\n')
            .Split('\n')
            .SelectMany(line =>
                line.Split('=')[0] switch
                {
                    "ExecStart" => [$"ExecStart={Quoted(program)} serve --config {Quoted(configuration)}"],
                    "ConditionPathExists" => [$"ConditionPathExists={configuration}"],
                    "Documentation" => [],
                    "User" => [$"User={account}"],
                    "Group" => [],
                    "StateDirectory" or "StateDirectoryMode" when data != StateFolder => [],
                    "ProtectHome" when IsInHome(data) || IsInHome(program) || IsInHome(configuration) => ["ProtectHome=read-only"],
                    "ProtectSystem" when data != StateFolder => [line, $"ReadWritePaths={Quoted(data)}"],
                    _ => (string[])[line],
                }
            );
        return string.Join('\n', lines) + "\n";
    }

    private static bool IsInHome(string path) =>
        path.StartsWith("/home/", StringComparison.Ordinal) || path.StartsWith("/root/", StringComparison.Ordinal);

    /// <summary>systemd reads a percent sign as the beginning of a specifier, and splits at spaces.</summary>
    private static string Quoted(string path)
    {
        string plain = path.Replace("%", "%%", StringComparison.Ordinal);
        return plain.Contains(' ', StringComparison.Ordinal) ? $"\"{plain}\"" : plain;
    }
}
