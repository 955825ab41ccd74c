namespace Waystation.TestKit.Servers;

/// <summary>How a node is started. Unsaid settings have the program's own defaults.</summary>
public sealed record NodeSettings
{
    internal Uri? Primary { get; init; }

    /// <summary>The program or the launcher.</summary>
    public string Program { get; init; } = Checkout.Program;

    /// <summary>Null puts the data into a folder of the node's own.</summary>
    public string? DataFolder { get; init; }

    public IReadOnlyList<string> Listen { get; init; } = ["http://127.0.0.1:0"];

    /// <summary>The admin address.</summary>
    public string Admin { get; init; } = "http://127.0.0.1:0";

    /// <summary>Further options, such as <c>--PackCache:MaxSize 8MiB</c>, a word each.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}
