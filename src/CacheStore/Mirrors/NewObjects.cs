using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors.Reading;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// The objects of a small pack that the mirror does not have yet. The mirror's kept git tells them from the others, before the pack is
/// moved in, and reads what leads to them afterwards: a fetch of a few commits waits for no further process.
/// </summary>
internal sealed class NewObjects
{
    /// <summary>Guards memory: commits and trees are read whole.</summary>
    private const long MaxBytes = 8 << 20;

    private readonly Mirror _mirror;
    private readonly HashSet<ObjectId> _ids;

    private NewObjects(Mirror mirror, HashSet<ObjectId> ids) => (_mirror, _ids) = (mirror, ids);

    /// <summary>Those of these objects that the mirror does not have.</summary>
    public static async Task<NewObjects> AmongAsync(Mirror mirror, IEnumerable<ObjectId> ids, CancellationToken stopping)
    {
        HashSet<ObjectId> news = [.. ids];
        await mirror.AskAsync(
            withOrphans: false,
            reader => reader.AskKindsAsync([.. news], (id, _, _, _) => news.Remove(id), stopping),
            stopping
        );
        return new NewObjects(mirror, news);
    }

    public bool Contains(ObjectId id) => _ids.Contains(id);

    /// <summary>
    /// Whether some of them are strays, now that they are in the mirror. Whatever leads to a new object is new as well, because the mirror
    /// has the closure of each object that it had before. So the walk reads new objects only.
    /// </summary>
    /// <param name="roots">The objects that should lead to them.</param>
    /// <param name="stopping">Ends it.</param>
    public async Task<StrayObjects> StraysAsync(IReadOnlyCollection<ObjectId> roots, CancellationToken stopping)
    {
        StrayObjects strays = StrayObjects.Unknown;
        await _mirror.AskAsync(withOrphans: false, async reader => strays = await WalkAsync(reader, roots, stopping), stopping);
        return strays;
    }

    private async Task<StrayObjects> WalkAsync(ObjectReader reader, IReadOnlyCollection<ObjectId> roots, CancellationToken stopping)
    {
        long bytes = 0;
        var unseen = new Dictionary<ObjectId, ObjectKind>();
        await reader.AskKindsAsync(
            _ids,
            (id, kind, size, _) =>
            {
                unseen[id] = kind;
                bytes += kind == ObjectKind.Blob ? 0 : size;
            },
            stopping
        );
        if (bytes > MaxBytes)
        {
            return StrayObjects.Unknown;
        }

        List<ObjectId> next = [];
        List<ObjectLink> links = [];
        foreach (ObjectId root in roots)
        {
            Meet(root);
        }

        while (next.Count > 0)
        {
            List<ObjectId> now = next;
            next = [];
            await reader.AskContentsAsync(
                now,
                (id, kind, _, content) =>
                {
                    links.Clear();
                    ObjectLinks.TryRead(kind, content, _mirror.ObjectFormat, links);
                    foreach (ObjectLink link in links)
                    {
                        if (kind == ObjectKind.Commit && link.Kind == ObjectKind.Commit)
                        {
                            _mirror.Children.Note(link.Id, id);
                        }

                        Meet(link.Id);
                    }
                },
                stopping
            );
        }

        return unseen.Count == 0 ? StrayObjects.None : StrayObjects.Some;

        void Meet(ObjectId id)
        {
            if (unseen.Remove(id, out ObjectKind kind) && kind != ObjectKind.Blob)
            {
                next.Add(id);
            }
        }
    }
}
