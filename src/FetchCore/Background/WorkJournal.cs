using System.Text.Json.Serialization;
using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Background;

/// <summary>The waiting and failed work on disk, in <c>queue.json</c>, so that it outlives a restart.</summary>
internal sealed class WorkJournal(DataFolder folder)
{
    private readonly Journal<List<WorkLine>> _journal = new(folder, "queue.json", WorkJson.Default.ListWorkLine);

    /// <summary>The work that an earlier run left; kinds that this program does not know are left out.</summary>
    public IEnumerable<WorkEntry> Read()
    {
        foreach (WorkLine line in _journal.Read() ?? [])
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
            .. entries.Select(static entry => new WorkLine(
                entry.Kind.ToString(),
                entry.Repository.Host,
                entry.Repository.Path,
                entry.Due,
                entry.Failures,
                entry.LastError
            )),
        ]);
}

/// <summary>One piece of work in <c>queue.json</c>.</summary>
internal sealed record WorkLine(string Kind, string Host, string Path, DateTimeOffset Due, int Failures, string? Error);

[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(List<WorkLine>))]
internal sealed partial class WorkJson : JsonSerializerContext;
