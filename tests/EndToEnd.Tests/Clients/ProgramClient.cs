using System.Globalization;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Clients;

/// <summary>
/// A client in a process of its own. All programs have one command line: <c>clone URL FOLDER [DEPTH]</c>,
/// <c>fetch URL FOLDER [DEPTH]</c>, <c>push URL FOLDER</c>; exit code 0 when it was done.
/// </summary>
internal sealed record ProgramClient(string Program, params IReadOnlyList<string> Arguments) : IClient
{
    /// <summary>The home of the client: nothing of the machine's configuration gets in.</summary>
    public required string Home { get; init; }

    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>The folder of the programs beside these tests.</summary>
    public static string Folder { get; } = Path.Combine(Checkout.Root, "tests", "EndToEnd.Tests", "Clients", "Programs");

    public Task<CommandResult> CloneAsync(Uri url, string folder, int? depth = null) => RunAsync("clone", url, folder, depth);

    public Task<CommandResult> FetchAsync(Uri url, string folder, int? depth = null) => RunAsync("fetch", url, folder, depth);

    public Task<CommandResult> PushAsync(Uri url, string folder) => RunAsync("push", url, folder, null);

    private Task<CommandResult> RunAsync(string verb, Uri url, string folder, int? depth)
    {
        string[] wish = depth is { } commits
            ? [verb, url.AbsoluteUri, folder, commits.ToString(CultureInfo.InvariantCulture)]
            : [verb, url.AbsoluteUri, folder];
        var environment = new Dictionary<string, string>(Variables)
        {
            ["HOME"] = Home,
            ["LC_ALL"] = "C.UTF-8",
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["GIT_TERMINAL_PROMPT"] = "0",
        };
        return new Command(Program, [.. Arguments, .. wish]) { WorkingDirectory = Home, Environment = environment }.RunAsync();
    }
}
