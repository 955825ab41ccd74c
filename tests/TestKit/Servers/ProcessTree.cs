using System.Globalization;

namespace Waystation.TestKit.Servers;

/// <summary>The processes that a process has started, with theirs, as they are now: to know later whether all have gone.</summary>
public sealed class ProcessTree
{
    private readonly IReadOnlyList<(int Id, string Begun, string Name)> _processes;

    private ProcessTree(IReadOnlyList<(int, string, string)> processes) => this._processes = processes;

    /// <summary>How many there are, the root included.</summary>
    public int Count => _processes.Count;

    /// <summary>Their names, for a test that fails.</summary>
    public string Names => string.Join(", ", _processes.Select(static process => $"{process.Name} ({process.Id})"));

    public static ProcessTree Of(int root)
    {
        var all = All().ToList();
        HashSet<int> found = [root];
        while (all.Any(process => found.Contains(process.Parent) && found.Add(process.Id)))
        {
            // Until nothing is added any more.
        }

        return new ProcessTree([
            .. all.Where(process => found.Contains(process.Id)).Select(static process => (process.Id, process.Begun, process.Name)),
        ]);
    }

    /// <summary>The ids of those with this name, such as <c>sshd</c>.</summary>
    public IReadOnlyList<int> Named(string name) =>
        [.. _processes.Where(process => process.Name.StartsWith(name, StringComparison.Ordinal)).Select(static process => process.Id)];

    /// <summary>Whether a git works. One that a node keeps for look-ups only waits.</summary>
    public bool HasWorkingGit => Named("git").Any(static id => !IsKept(id));

    /// <summary>Those that are there still.</summary>
    public ProcessTree Left()
    {
        HashSet<(int, string)> now =
        [
            .. All().Where(static process => process.State != 'Z').Select(static process => (process.Id, process.Begun)),
        ];
        return new ProcessTree([.. _processes.Where(process => now.Contains((process.Id, process.Begun)))]);
    }

    /// <summary>Waits until none is there, or fails with those that are.</summary>
    public async Task GoneAsync(TimeSpan? within = null)
    {
        try
        {
            await Eventually.TrueAsync("all processes have gone", () => Left().Count == 0, within);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"still there: {Left().Names}", late);
        }
    }

    private static bool IsKept(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline").Contains("--batch-command", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true; // It has gone.
        }
    }

    private static IEnumerable<(int Id, int Parent, char State, string Begun, string Name)> All()
    {
        foreach (string entry in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(entry), CultureInfo.InvariantCulture, out int id))
            {
                continue;
            }

            string stat;
            try
            {
                stat = File.ReadAllText(Path.Combine(entry, "stat"));
            }
            catch (IOException)
            {
                continue;
            }

            // pid (name) state parent …, and the start time is the 22nd (proc(5)).
            int end = stat.LastIndexOf(')');
            string[] fields = stat[(end + 2)..].Split(' ');
            yield return (
                id,
                int.Parse(fields[1], CultureInfo.InvariantCulture),
                fields[0][0],
                fields[19],
                stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..end]
            );
        }
    }
}
