using System.Globalization;
using System.Text.Json;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>A git for the node that writes down when it starts, and that of each git that it starts in turn. One that has a lower priority
/// than the tests, because no client waits for it, is written down apart.</summary>
internal sealed class GitStarts
{
    private readonly TempFolder _folder;

    private GitStarts(TempFolder folder) => _folder = folder;

    /// <summary>The variables with which to start the node.</summary>
    public IReadOnlyDictionary<string, string> Environment =>
        new Dictionary<string, string> { ["PATH"] = $"{_folder["bin"]}:{System.Environment.GetEnvironmentVariable("PATH")}" };

    private string Events => _folder["events"];

    private string Behind => _folder["behind"];

    /// <summary>Whether a command ran behind the answers, at a priority that is lower by this much.</summary>
    public bool RanBehind(int niceness, string command) =>
        File.Exists(Behind)
        && File.ReadAllLines(Behind)
            .Any(line =>
                line.StartsWith($"{niceness} ", StringComparison.Ordinal) && line.Contains($" {command} ", StringComparison.Ordinal)
            );

    public static async Task<GitStarts> MakeAsync(TempFolder folder)
    {
        var starts = new GitStarts(folder);
        string git = (await new Command("sh", "-c", "command -v git").MustRunAsync()).Output.Trim(),
            niceness = (await new Command("nice").MustRunAsync()).Output.Trim(),
            wrapper = Path.Combine(folder.CreateFolder("bin"), "git");
        await File.WriteAllTextAsync(
            wrapper,
            $"""
            #!/bin/sh
            niceness=$(nice)
            if [ "$niceness" -gt "{niceness}" ]; then
                echo "$((niceness - {niceness})) $*" >>"{starts.Behind}"
                exec {git} "$@"
            fi
            GIT_TRACE2_EVENT="{starts.Events}" exec {git} "$@"

            """
        );
        File.SetUnixFileMode(wrapper, (UnixFileMode)0b111_101_101);
        return starts;
    }

    /// <summary>The commands that started between these times, in order, without git's general options.</summary>
    public async Task<IReadOnlyList<string>> BetweenAsync(DateTimeOffset from, DateTimeOffset to)
    {
        List<string> commands = [];
        foreach (string line in File.Exists(Events) ? await File.ReadAllLinesAsync(Events) : [])
        {
            using var read = JsonDocument.Parse(line);
            if (
                read.RootElement.GetProperty("event").GetString() == "start"
                && read.RootElement.GetProperty("time").GetDateTimeOffset() is var time
                && time >= from
                && time <= to
            )
            {
                List<string> arguments = [.. read.RootElement.GetProperty("argv").EnumerateArray().Select(static one => one.GetString()!)];
                while (arguments.IndexOf("-c") is >= 0 and int at)
                {
                    arguments.RemoveRange(at, 2);
                }

                commands.Add(string.Join(' ', arguments.Skip(1)));
            }
        }

        return commands;
    }

    /// <summary>Runs a client's git that gets a pack.</summary>
    /// <returns>When it started, and when it had the first byte of the pack.</returns>
    public static async Task<(DateTimeOffset Start, DateTimeOffset FirstPackByte)> TimeAsync(
        GitClient client,
        params IReadOnlyList<string> arguments
    )
    {
        string trace = Path.Combine(client.Folder, Path.GetRandomFileName());
        Command command = client.Git(arguments);
        DateTimeOffset start = DateTimeOffset.UtcNow;
        await (
            command with
            {
                Environment = new Dictionary<string, string>(command.Environment) { ["GIT_TRACE_PACKET"] = trace, ["TZ"] = "UTC" },
            }
        ).MustRunAsync();

        // 06:33:12.345678 pkt-line.c:80           packet:     sideband< PACK ...
        string first = (await File.ReadAllLinesAsync(trace)).First(static line => line.Contains("< PACK", StringComparison.Ordinal));
        DateTimeOffset at = start - start.TimeOfDay + TimeSpan.Parse(first.Split(' ')[0], CultureInfo.InvariantCulture);
        return (start, at >= start ? at : at.AddDays(1));
    }
}
