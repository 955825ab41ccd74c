using Waystation.CacheStore;
using Waystation.CacheStore.Lfs;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Vet;

namespace Waystation.Proxy.Dashboard.Pages;

/// <summary>The repositories of which the node keeps something.</summary>
internal sealed class RepositoryList(MirrorSet mirrors, LfsStore lfs, WorkQueue queue, VetReport vet)
{
    /// <summary>The rows of one page.</summary>
    public const int MostRows = 100;

    /// <summary>A page of the list, the last used first, and how many there are in all.</summary>
    /// <param name="part">A part of their names; empty for all.</param>
    /// <param name="from">Rows to leave out.</param>
    public (IReadOnlyList<RepositoryRow> Rows, int Found) Find(string part, int from)
    {
        IReadOnlyDictionary<RepositoryName, long> objects = lfs.Repositories();
        List<(RepositoryName Name, Mirror? Mirror)> found =
        [
            .. mirrors
                .All()
                .Select(static mirror => mirror.Name)
                .Union(objects.Keys)
                .Where(name => name.ToString().Contains(part, StringComparison.OrdinalIgnoreCase))
                .Select(name => (Name: name, Mirror: mirrors.Find(name)))
                .OrderByDescending(static one => one.Mirror?.LastUsed)
                .ThenBy(static one => one.Name.ToString(), StringComparer.Ordinal),
        ];
        ILookup<RepositoryName, WorkEntry> work = queue.Entries().ToLookup(static entry => entry.Repository);
        return ([.. found.Skip(from).Take(MostRows).Select(one => RowOf(one.Name, one.Mirror, objects, [.. work[one.Name]]))], found.Count);
    }

    private RepositoryRow RowOf(
        RepositoryName name,
        Mirror? mirror,
        IReadOnlyDictionary<RepositoryName, long> objects,
        IReadOnlyList<WorkEntry> work
    )
    {
        WorkEntry? failed = work.Where(static entry => entry.Failures > 0).MaxBy(static entry => entry.Failures);
        WorkEntry? running = work.FirstOrDefault(static entry => entry.IsRunning);
        (string kind, string health) =
            failed is not null ? ("bad", $"{Words.Of(failed.Kind)} fails")
            : running is not null ? ("busy", $"{Words.Of(running.Kind)} runs")
            : mirror is null ? ("idle", "no mirror")
            : ("good", "good");
        return new RepositoryRow(
            name,
            kind,
            health,
            failed?.LastError,
            mirror is null ? null : vet.LastChecked(name),
            mirror is not null,
            mirror?.Bytes ?? 0,
            objects.GetValueOrDefault(name),
            mirror?.Refs.Tips.Count ?? 0,
            mirror?.LastUsed
        );
    }
}
