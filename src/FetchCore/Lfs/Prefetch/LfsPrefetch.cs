using System.Collections.Concurrent;
using System.IO.Enumeration;
using Waystation.CacheStore;
using Waystation.CacheStore.Lfs;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Lfs;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Lfs.Prefetch;

/// <summary>
/// Fetches the Git LFS objects of a mirror's branches and tags before a client asks, with the service credential.
/// <code>
///   tips now, tips of the last time ─► PointerSearch ─► not stored ─► ILfsPrimaries, 100 at a time ─► LfsStore
/// </code>
/// A new tip is compared with the last one of the same ref, or with HEAD; only the first time all files of HEAD are looked at. The mirror's
/// record says whether it has changed since. The tips of the last time are in memory: at the first change after a restart all files of
/// HEAD are looked at once more, and nothing that is stored is asked for.
/// </summary>
public sealed class LfsPrefetch(
    MirrorSet mirrors,
    PointerSearch pointers,
    ObjectQueries objects,
    IServicePrimaries services,
    ILfsPrimaries primaries,
    LfsStore store,
    PrefetchOptions options,
    WorkMeters meters
) : RepositoryWork
{
    private const string Head = "HEAD";

    /// <summary>Objects of one repository that come at once: as many as git-lfs takes by itself.</summary>
    private const int AtOnce = 8;

    /// <summary>Other settings choose other objects.</summary>
    private readonly string _by = $"{options.MaxObjectSize} {string.Join(' ', options.Include)} -- {string.Join(' ', options.Exclude)}";
    private readonly ConcurrentDictionary<RepositoryName, (Mirror Mirror, long Changes)> _seen = new();
    private readonly ConcurrentDictionary<RepositoryName, IReadOnlyDictionary<string, ObjectId>> _done = new();

    /// <inheritdoc />
    public override WorkKind Kind => WorkKind.Prefetch;

    /// <inheritdoc />
    public override WorkLane Lane => WorkLane.Prefetch;

    /// <summary>Whether the refs of a mirror have moved since the last look. A look that failed is repeated by the queue.</summary>
    public bool IsDue(Mirror mirror)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        return mirror.PrefetchedBy != _by && _seen.GetValueOrDefault(mirror.Name) != (mirror, mirror.Changes) && Wants(mirror.Name);
    }

    /// <inheritdoc />
    public override async Task RunAsync(RepositoryName repository, CancellationToken stopping)
    {
        if (!Wants(repository) || mirrors.Find(repository) is not { } mirror)
        {
            _seen.TryRemove(repository, out _);
            _done.TryRemove(repository, out _);
            return;
        }

        long changes = mirror.Changes;
        _seen[repository] = (mirror, changes);
        MirrorRefs refs = mirror.Refs;
        IReadOnlyDictionary<string, ObjectId> tips = await TipsAsync(mirror, refs, stopping);
        IReadOnlyCollection<LfsObject> pointed = await FindAsync(mirror, tips, stopping);
        if (await FetchAsync(repository, pointed, mirror.IsOfStrangers, stopping) is var failed and > 0)
        {
            throw new PrimaryException($"{failed} LFS objects of {pointed.Count} did not come");
        }

        _done[repository] = tips;
        mirror.NotePrefetched(_by, changes);
    }

    private bool Wants(RepositoryName repository) =>
        store.IsOn && options.Include.Count > 0 && !options.Exclude.Contains("*", StringComparer.Ordinal) && services.Serves(repository);

    private bool IsWanted(string path)
    {
        return options.Include.Any(Matches) && !options.Exclude.Any(Matches);

        bool Matches(string glob) => FileSystemName.MatchesSimpleExpression(glob, path, ignoreCase: false);
    }

    /// <summary>The commit of each ref. A tag may name something else.</summary>
    private async Task<IReadOnlyDictionary<string, ObjectId>> TipsAsync(Mirror mirror, MirrorRefs refs, CancellationToken stopping)
    {
        List<(string Name, ObjectId Id)> tips =
        [
            .. refs
                .Tips.Where(static tip =>
                    tip.Name == Head
                    || tip.Name.StartsWith("refs/heads/", StringComparison.Ordinal)
                    || tip.Name.StartsWith("refs/tags/", StringComparison.Ordinal)
                )
                .Select(static tip => (tip.Name, tip.Peeled ?? tip.Id)),
        ];
        IReadOnlyDictionary<ObjectId, ObjectKind> kinds = await objects.KindsAsync(
            mirror,
            [.. tips.Select(static tip => tip.Id).Distinct()],
            stopping
        );
        return tips.Where(tip => kinds.TryGetValue(tip.Id, out ObjectKind kind) && kind == ObjectKind.Commit)
            .ToDictionary(static tip => tip.Name, static tip => tip.Id, StringComparer.Ordinal);
    }

    private async Task<IReadOnlyCollection<LfsObject>> FindAsync(
        Mirror mirror,
        IReadOnlyDictionary<string, ObjectId> tips,
        CancellationToken stopping
    )
    {
        IReadOnlyDictionary<string, ObjectId> done = await KnownAsync(mirror, _done.GetValueOrDefault(mirror.Name), stopping);
        ObjectId? first = done.TryGetValue(Head, out ObjectId head) ? head : null;
        var commits = new Dictionary<ObjectId, ObjectId?>();
        foreach ((string name, ObjectId tip) in tips.OrderBy(static tip => tip.Key != Head))
        {
            ObjectId? known = done.TryGetValue(name, out ObjectId last) ? last : first;
            first ??= tip;
            if (tip != known && !commits.ContainsKey(tip))
            {
                commits[tip] = known;
            }
        }

        if (commits.Count == 0)
        {
            return [];
        }

        using MirrorLease lease = mirror.TryRead(isForStrangers: true) ?? throw new PrimaryException("the mirror cannot be read now");
        return await pointers.FindAsync(lease, [.. commits.Select(static one => (one.Key, one.Value))], IsWanted, stopping);
    }

    /// <summary>Those of the last tips that the mirror still has.</summary>
    private async Task<IReadOnlyDictionary<string, ObjectId>> KnownAsync(
        Mirror mirror,
        IReadOnlyDictionary<string, ObjectId>? done,
        CancellationToken stopping
    )
    {
        if (done is null)
        {
            return new Dictionary<string, ObjectId>(StringComparer.Ordinal);
        }

        IReadOnlyDictionary<ObjectId, ObjectKind> kinds = await objects.KindsAsync(mirror, [.. done.Values.Distinct()], stopping);
        return done.Where(tip => kinds.ContainsKey(tip.Value)).ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>Fetches what is not stored. Returns the number of objects that should be tried again.</summary>
    private async Task<int> FetchAsync(
        RepositoryName repository,
        IReadOnlyCollection<LfsObject> pointed,
        bool isOfStrangers,
        CancellationToken stopping
    )
    {
        foreach (LfsObject stored in pointed.Where(store.Contains))
        {
            store.AddReference(repository, stored);
        }

        int failed = 0;
        foreach (
            LfsObject[] some in pointed
                .Where(one => one.Size <= options.MaxObjectSize && !store.Contains(one))
                .Chunk(ILfsPrimaries.MaxObjects)
        )
        {
            IReadOnlyList<LfsOffer> offers = await primaries.AskAsync(repository, some, stopping);
            await Parallel.ForEachAsync(
                offers.Where(offer => offer.Source is not null && some.Contains(offer.Object)),
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stopping },
                async (offer, token) =>
                {
                    if (!await TryFetchAsync(repository, offer, isOfStrangers, token))
                    {
                        Interlocked.Increment(ref failed);
                    }
                }
            );
        }

        return failed;
    }

    /// <summary>False if it may come at another try.</summary>
    private async Task<bool> TryFetchAsync(RepositoryName repository, LfsOffer offer, bool isOfStrangers, CancellationToken stopping)
    {
        await using LfsReading reading = store.Open(repository, offer.Object, offer.Source!.FillAsync, isOfStrangers);
        LfsRefusal? refusal = await reading.WaitAsync(stopping);
        bool hasCome = refusal is null && await reading.EndAsync(stopping);
        meters.Prefetched(hasCome ? "done" : "failed");
        return hasCome || refusal is { Status: >= 400 and < 500 and not 408 and not 429 };
    }
}
