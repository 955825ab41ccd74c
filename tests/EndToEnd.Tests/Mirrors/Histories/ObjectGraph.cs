using System.Globalization;
using System.Text;

namespace Waystation.EndToEnd.Tests.Mirrors.Histories;

/// <summary>
/// All objects of a repository, living and orphaned, and the objects that each names; read from <c>git cat-file --batch</c>.
/// </summary>
internal sealed class ObjectGraph
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Commits =>
        [.. _entries.Where(static entry => entry.Value.Kind == "commit").Select(static entry => entry.Key)];

    public IReadOnlyCollection<string> All => _entries.Keys;

    public string KindOf(string id) => _entries.TryGetValue(id, out Entry? entry) ? entry.Kind : "missing";

    public IReadOnlyList<string> ParentsOf(string commit) => _entries.TryGetValue(commit, out Entry? entry) ? entry.Parents : [];

    /// <summary>Reads the output of <c>git cat-file --batch-all-objects --batch</c>.</summary>
    public void Read(byte[] batch)
    {
        for (int at = 0; at < batch.Length; )
        {
            int line = batch.AsSpan(at).IndexOf((byte)'\n');
            string[] head = Encoding.ASCII.GetString(batch, at, line).Split(' ');
            int size = int.Parse(head[2], CultureInfo.InvariantCulture);
            at += line + 1;
            if (!_entries.ContainsKey(head[0]))
            {
                _entries[head[0]] = Entry.Parse(head[1], batch.AsSpan(at, size));
            }

            at += size + 1;
        }
    }

    /// <summary>
    /// What these ids lead to among the objects that are <paramref name="held"/> (all by default), no further than the parents of
    /// shallow commits.
    /// </summary>
    public HashSet<string> Closure(IEnumerable<string> ids, IReadOnlySet<string>? held = null, IReadOnlySet<string>? shallow = null)
    {
        var closure = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(ids);
        while (open.TryPop(out string? id))
        {
            if (!_entries.TryGetValue(id, out Entry? entry) || held?.Contains(id) == false || !closure.Add(id))
            {
                continue;
            }

            foreach (string next in entry.Others)
            {
                open.Push(next);
            }

            if (shallow?.Contains(id) == true)
            {
                continue;
            }

            foreach (string next in entry.Parents)
            {
                open.Push(next);
            }
        }

        return closure;
    }

    private sealed record Entry(string Kind, IReadOnlyList<string> Parents, IReadOnlyList<string> Others)
    {
        private const int DigestLength = 20;

        public static Entry Parse(string kind, ReadOnlySpan<byte> content)
        {
            List<string> parents = [],
                others = [];
            if (kind == "tree")
            {
                while (content.Length > 0)
                {
                    int name = content.IndexOf((byte)0);
                    others.Add(Convert.ToHexStringLower(content.Slice(name + 1, DigestLength)));
                    content = content[(name + 1 + DigestLength)..];
                }
            }
            else if (kind is "commit" or "tag")
            {
                foreach (string line in Encoding.UTF8.GetString(content).Split('\n').TakeWhile(static line => line.Length > 0))
                {
                    string[] words = line.Split(' ');
                    if (words[0] == "parent")
                    {
                        parents.Add(words[1]);
                    }
                    else if (words[0] is "tree" or "object")
                    {
                        others.Add(words[1]);
                    }
                }
            }

            return new Entry(kind, parents, others);
        }
    }
}
