using System.Collections.Concurrent;
using Waystation.CacheStore;
using Waystation.CacheStore.Lfs;
using Waystation.FetchCore.Lfs;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Lfs;

namespace Waystation.FetchCore.Tests.Lfs;

/// <summary>A primary's LFS in memory, which counts what it is asked.</summary>
internal sealed class FakeLfsPrimaries : ILfsPrimaries
{
    public ConcurrentDictionary<LfsObject, byte[]> Objects { get; } = new();

    /// <summary>The sizes of the batches.</summary>
    public ConcurrentQueue<int> Batches { get; } = new();

    public ConcurrentQueue<LfsObject> Downloads { get; } = new();

    public bool IsAway { get; set; }

    /// <summary>The refusal of the storage; null if it gives the objects.</summary>
    public LfsRefusal? Refusal { get; set; }

    public Task<IReadOnlyList<LfsOffer>> AskAsync(
        RepositoryName repository,
        IReadOnlyList<LfsObject> objects,
        CancellationToken cancellationToken
    )
    {
        Batches.Enqueue(objects.Count);
        return IsAway
            ? throw new PrimaryException("the primary is away")
            : Task.FromResult<IReadOnlyList<LfsOffer>>([
                .. objects.Select(one => new LfsOffer(
                    one,
                    Objects.TryGetValue(one, out byte[]? content) ? new Source(this, one, content) : null
                )),
            ]);
    }

    private sealed class Source(FakeLfsPrimaries primary, LfsObject asked, byte[] content) : ILfsSource
    {
        public int Bytes => 100;

        public LfsSourceParts? Parts => null;

        public async Task FillAsync(ILfsSink sink)
        {
            primary.Downloads.Enqueue(asked);
            if (primary.Refusal is { } refusal)
            {
                sink.Refuse(refusal);
                return;
            }

            await sink.WriteAsync(content);
        }
    }
}
