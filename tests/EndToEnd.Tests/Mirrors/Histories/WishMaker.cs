namespace Waystation.EndToEnd.Tests.Mirrors.Histories;

/// <summary>Makes requests of all sorts, as some client in some state may send them.</summary>
internal sealed class WishMaker(WildRepository wild, Random random)
{
    /// <summary>A request of a user with this client.</summary>
    /// <param name="user">The user.</param>
    /// <param name="client">The client's state.</param>
    /// <param name="version">Of the protocol.</param>
    public FetchWish Make(string user, ClientShape client, int version)
    {
        string? filter =
            client.Objects.Count > 0 ? client.Filter
            : Chance(25) ? Any(["blob:none", "blob:limit=100", "blob:limit=1k", "tree:0", "tree:1"])
            : null;
        IReadOnlyList<string> haves = HavesOf(client);
        FetchWish wish = new()
        {
            Version = version,
            Wants = Wants(user),
            Haves = haves,
            Shallows = [.. client.Shallow.Order(StringComparer.Ordinal)],
            Filter = filter,
            IncludeTag = Chance(25),
            // A base that a filter kept away is not there to build on.
            Thin = (filter is null or "blob:none" || haves.Count == 0) && Chance(70),
            Done = haves.Count == 0 || Chance(85),
        };
        return random.Next(100) switch
        {
            < 25 => wish with { Depth = random.Next(1, 5) },
            < 33 => wish with { Since = wild.AnyTime() },
            < 40 => wish with { Not = Any([.. wild.RefsOf(user).Keys.Order(StringComparer.Ordinal)]) },
            < 50 when client.Shallow.Count > 0 => wish with { Depth = random.Next(1, 4), Relative = true },
            < 60 when client.Shallow.Count > 0 => wish with { Depth = int.MaxValue },
            _ => wish,
        };
    }

    private List<string> Wants(string user)
    {
        string[] tips =
        [
            .. wild.RefsOf(user).OrderBy(static tip => tip.Key, StringComparer.Ordinal).Select(static tip => tip.Value).Distinct(),
        ];
        return random.Next(100) switch
        {
            < 25 => [.. tips],
            < 72 => [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Any(tips)).Distinct()],
            < 87 => [Any([.. wild.Graph.Closure(tips).Where(id => wild.Graph.KindOf(id) == "commit").Order(StringComparer.Ordinal)])],
            // Perhaps hidden from this user, perhaps orphaned.
            < 93 => [Any([.. wild.Graph.Commits.Order(StringComparer.Ordinal)])],
            _ => [Any([.. wild.Graph.All.Order(StringComparer.Ordinal)])],
        };
    }

    private IReadOnlyList<string> HavesOf(ClientShape client)
    {
        if (client.Objects.Count == 0)
        {
            return [];
        }

        string[] commits = [.. client.Objects.Where(id => wild.Graph.KindOf(id) == "commit").Order(StringComparer.Ordinal)];
        if (commits.Length == 0)
        {
            return [];
        }

        HashSet<string> haves = [.. client.Tips.Where(commits.Contains), .. Enumerable.Range(0, random.Next(4)).Select(_ => Any(commits))];
        if (Chance(15))
        {
            // A commit of its own.
            haves.Add(Convert.ToHexStringLower(Enumerable.Range(0, 20).Select(_ => (byte)random.Next(256)).ToArray()));
        }

        return [.. haves.Order(StringComparer.Ordinal)];
    }

    private bool Chance(int percent) => random.Next(100) < percent;

    private T Any<T>(IReadOnlyList<T> all) => all[random.Next(all.Count)];
}
