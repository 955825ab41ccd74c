using System.Reflection;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs.Storing;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Vet;
using Waystation.GitProtocol.Objects;

namespace Waystation.Proxy.Admin;

/// <summary>The pages that show something and change nothing.</summary>
internal sealed class NodeState(MirrorSet mirrors, DiskPackTier packs, WorkQueue queue, VetReport vet, TimeProvider time)
{
    private readonly DateTimeOffset _started = time.GetUtcNow();

    public NodeStatus Status() =>
        new(
            typeof(NodeState).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
            _started,
            mirrors.All().Count,
            mirrors.All().Sum(static mirror => mirror.Bytes),
            packs.Count,
            packs.Bytes
        );

    public IEnumerable<RepositoryStatus> Repositories() =>
        mirrors
            .All()
            .OrderBy(static mirror => mirror.Name.ToString(), StringComparer.Ordinal)
            .Select(static mirror => new RepositoryStatus(
                mirror.Name.ToString(),
                mirror.ObjectFormat.Name,
                mirror.Bytes,
                mirror.Refs.Tips.Count,
                mirror.HoldsOrphans,
                mirror.LastUsed
            ));

    public IEnumerable<WorkStatus> Queue() =>
        queue
            .Entries()
            .Select(static entry => new WorkStatus(
                NodeActions.Word(entry.Kind),
                entry.Repository.ToString(),
                entry.Due,
                entry.IsRunning,
                entry.Failures,
                entry.LastError
            ));

    public IReadOnlyList<VetRound> Rounds() => vet.Rounds;
}
