using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Background;

/// <summary>The waiting and failed work on disk, in <c>queue.json</c>, so that it outlives a restart.</summary>
internal sealed class WorkJournal(DataFolder folder)
{
    private readonly Journal<List<Line>> _journal = new(folder, "queue.json");

    /// <summary>The work that an earlier run left; kinds that this program does not know are left out.</summary>
    public IEnumerable<WorkEntry> Read()
    {
        foreach (Line line in _journal.Read() ?? [])
        {
            if (Enum.TryParse(line.Kind, out WorkKind kind))
            {
                yield return new WorkEntry(
                    kind,
                    new RepositoryName(line.Host, line.Path),
                    line.Due,
                    IsRunning: false,
                    line.Failures,
                    line.Error
                );
            }
        }
    }

    /// <summary>Writes the work that there is now.</summary>
    public void Write(IEnumerable<WorkEntry> entries) =>
        _journal.Write([
            .. entries.Select(static entry => new Line(
                entry.Kind.ToString(),
                entry.Repository.Host,
                entry.Repository.Path,
                entry.Due,
                entry.Failures,
                entry.LastError
            )),
        ]);

    private sealed record Line(string Kind, string Host, string Path, DateTimeOffset Due, int Failures, string? Error);
}
