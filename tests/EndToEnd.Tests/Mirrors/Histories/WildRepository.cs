using System.Diagnostics;
using System.Globalization;
using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors.Histories;

/// <summary>A repository at the primary to which anything happens: commits, merges, tags, force-pushes, deletions, secrets.</summary>
internal sealed class WildRepository(PrimaryRepository repository, GitClient all, Random random)
{
    private const string Secret = "refs/heads/secret/";

    private int _time;
    private int _named;

    public PrimaryRepository Repository => repository;

    /// <summary>Everything that was ever in it.</summary>
    public ObjectGraph Graph { get; } = new();

    /// <summary>Names and ids; tags' are those of the tag objects.</summary>
    public IReadOnlyDictionary<string, string> Refs { get; private set; } = new Dictionary<string, string>();

    /// <summary>The refs that a user sees; alice sees all.</summary>
    public IReadOnlyDictionary<string, string> RefsOf(string user) =>
        user == "alice"
            ? Refs
            : Refs.Where(static tip =>
                    !tip.Key.StartsWith(Secret, StringComparison.Ordinal)
                    && !tip.Key.StartsWith("refs/tags/secret/", StringComparison.Ordinal)
                )
                .ToDictionary(StringComparer.Ordinal);

    public static long TimeOf(int commit) => History.FirstCommitTime + (commit * 60L);

    /// <summary>Seconds since 1970 at some commit.</summary>
    public long AnyTime() => TimeOf(random.Next(1, _time + 1)) + random.Next(-1, 2);

    /// <summary>The first commits of main.</summary>
    public async Task BeginAsync()
    {
        var script = new StringBuilder();
        for (int commit = 0; commit < 6; commit++)
        {
            AppendCommit(script, "refs/heads/main", from: null, merge: null);
        }

        await ImportAsync(script);
        for (int change = 0; change < 4; change++)
        {
            await ChangeAsync();
        }
    }

    /// <summary>A few changes at once, as one push or several bring them.</summary>
    public async Task ChangeAsync()
    {
        var script = new StringBuilder();
        var gone = new List<string>();
        var touched = new HashSet<string>(StringComparer.Ordinal);
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            (string branch, string tip) = Any(Refs.Where(static tip => tip.Key.StartsWith("refs/heads/", StringComparison.Ordinal)));
            if (!touched.Add(branch))
            {
                continue;
            }

            switch (random.Next(20))
            {
                case < 7:
                    for (int commit = random.Next(1, 5); commit > 0; commit--)
                    {
                        AppendCommit(script, branch, commit > 0 && touched.Add(branch + "!") ? tip : null, merge: null);
                    }

                    break;
                case < 10:
                    string other = Any(
                        Refs.Where(static tip =>
                            tip.Key.StartsWith("refs/heads/", StringComparison.Ordinal)
                            && !tip.Key.StartsWith(Secret, StringComparison.Ordinal)
                        )
                    ).Value;
                    AppendCommit(script, branch, tip, merge: other == tip ? null : other);
                    break;
                case < 13:
                    AppendCommit(script, $"refs/heads/{(random.Next(3) == 0 ? "secret" : "topic")}/{++_named}", AnyCommit(), merge: null);
                    break;
                case < 16:
                    string name = $"{(random.Next(4) == 0 ? "secret/" : "")}t{++_named}";
                    script.Append(
                        random.Next(2) == 0
                            ? $"reset refs/tags/{name}\nfrom {AnyCommit()}\n\n"
                            : $"tag {name}\nfrom {AnyCommit()}\ntagger Omar <omar@example.com> {TimeOf(++_time)} +0000\ndata 4\nmark\n"
                    );
                    break;
                case < 18:
                    // A force-push: back in history, or to something else; the old commits are orphaned.
                    string target = Graph.ParentsOf(tip).Count > 0 && random.Next(3) > 0 ? Graph.ParentsOf(tip)[0] : AnyCommit();
                    AppendCommit(script, branch, target, merge: null);
                    break;
                default:
                    (string victim, _) = Any(Refs);
                    if (victim != "refs/heads/main" && touched.Add(victim))
                    {
                        gone.Add(victim);
                    }

                    break;
            }
        }

        await ImportAsync(script);
        foreach (string name in gone)
        {
            await repository.GitAsync("update-ref", "-d", name);
        }

        if (gone.Count > 0)
        {
            await ReadRefsAsync();
        }
    }

    /// <summary>A commit that some ref leads to.</summary>
    private string AnyCommit() => Any(Graph.Closure(Refs.Values).Where(id => Graph.KindOf(id) == "commit").Order(StringComparer.Ordinal));

    private T Any<T>(IEnumerable<T> some)
    {
        T[] list = [.. some];
        return list[random.Next(list.Length)];
    }

    private void AppendCommit(StringBuilder script, string branch, string? from, string? merge)
    {
        script.Append(
            CultureInfo.InvariantCulture,
            $"commit {branch}\ncommitter Sana <sana@example.com> {TimeOf(++_time)} +0000\ndata 2\nC\n\n"
        );
        if (from is not null)
        {
            script.Append(CultureInfo.InvariantCulture, $"from {from}\n");
        }

        if (merge is not null)
        {
            script.Append(CultureInfo.InvariantCulture, $"merge {merge}\n");
        }

        for (int file = random.Next(1, 3); file > 0; file--)
        {
            // Mostly the same lines, so that there is much to make deltas of.
            string content =
                string.Concat(Enumerable.Range(0, random.Next(3) == 0 ? 40 : 4).Select(line => $"line {line}\n")) + random.Next();
            script.Append(
                CultureInfo.InvariantCulture,
                $"M 100644 inline d{random.Next(3)}/e{random.Next(2)}/f{random.Next(4)}\ndata {content.Length}\n{content}\n"
            );
        }

        script.Append('\n');
    }

    private async Task ImportAsync(StringBuilder script)
    {
        await repository.ImportAsync(stream => stream.WriteAsync(Encoding.ASCII.GetBytes(script + "done\n")).AsTask());
        Graph.Read(await ReadObjectsAsync());
        await ReadRefsAsync();
    }

    private async Task<byte[]> ReadObjectsAsync()
    {
        using Process reading = all.Git("cat-file", "--batch-all-objects", "--batch", "--buffer", "--unordered").Start();
        using var objects = new MemoryStream();
        await reading.StandardOutput.BaseStream.CopyToAsync(objects);
        await reading.WaitForExitAsync();
        Assert.Equal(0, reading.ExitCode);
        return objects.ToArray();
    }

    private async Task ReadRefsAsync() =>
        Refs = (await repository.GitAsync("for-each-ref", "--format=%(refname) %(objectname)"))
            .OutputLines.Select(static line => line.Split(' '))
            .ToDictionary(static tip => tip[0], static tip => tip[1], StringComparer.Ordinal);
}
