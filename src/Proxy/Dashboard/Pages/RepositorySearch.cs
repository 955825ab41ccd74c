using Waystation.FetchCore.Background;
using Waystation.FetchCore.Observing;
using Waystation.Proxy.Admin.Pages;

namespace Waystation.Proxy.Dashboard.Pages;

/// <summary>Finds repositories in the list of the admin API, for a page of the dashboard.</summary>
internal sealed class RepositorySearch(RepositoryList list, WorkQueue queue)
{
    /// <summary>The rows of one page.</summary>
    public const int MostRows = 100;

    /// <summary>A page of the list, the last used first, and how many there are in all.</summary>
    /// <param name="part">A part of their names; empty for all.</param>
    /// <param name="from">Rows to leave out.</param>
    public (IReadOnlyList<RepositoryRow> Rows, int Found) Find(string part, int from)
    {
        List<RepositoryStatus> found =
        [
            .. list.All()
                .Where(status => status.Repo.Contains(part, StringComparison.OrdinalIgnoreCase))
                .OrderByDescending(static status => status.LastUsed)
                .ThenBy(static status => status.Repo, StringComparer.Ordinal),
        ];
        ILookup<string, WorkEntry> running = queue
            .Entries()
            .Where(static entry => entry.IsRunning)
            .ToLookup(static entry => entry.Repository.ToString(), StringComparer.Ordinal);
        return ([.. found.Skip(from).Take(MostRows).Select(status => RowOf(status, running[status.Repo].FirstOrDefault()))], found.Count);
    }

    private static RepositoryRow RowOf(RepositoryStatus status, WorkEntry? running)
    {
        (string kind, string health) = status switch
        {
            { Health: "failing" or "outage" } => ("bad", status.Health),
            { Health: "excluded" or "foreign" } => ("warn", status.Health),
            _ when running is not null => ("busy", $"{running.Kind.ToWord()} runs"),
            { Health: "behind" } => ("busy", status.Health),
            { ObjectFormat: null } => ("idle", "no mirror"),
            _ => ("good", "good"),
        };
        return new RepositoryRow(status, kind, health);
    }
}
