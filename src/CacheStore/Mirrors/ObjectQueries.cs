using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors.Reading;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// Questions about the objects of a mirror. A kept git answers what an object is; a walk through history starts one. Each question waits
/// for a turn of <see cref="LookupLimiter"/>. Orphans count only in the methods that say so.
/// </summary>
public sealed class ObjectQueries(GitProgram git, LookupLimiter limiter, TimeProvider time)
{
    /// <summary>Guards a core against walks through a long history: after this time the request goes to the primary.</summary>
    private static readonly TimeSpan s_walkBound = TimeSpan.FromSeconds(2);

    /// <summary>So many look-ups are being made that further ones wait.</summary>
    public bool IsCrowded => limiter.AreTaken;

    /// <summary>The kinds of these objects. Objects that the mirror does not have are left out.</summary>
    public Task<IReadOnlyDictionary<ObjectId, ObjectKind>> KindsAsync(
        Mirror mirror,
        IReadOnlyCollection<ObjectId> ids,
        CancellationToken cancellationToken
    ) => KindsAsync(mirror, ids, withOrphans: false, cancellationToken);

    /// <summary>Whether the mirror has all of these objects, orphans included.</summary>
    public async Task<bool> HasWithOrphansAsync(Mirror mirror, IReadOnlyCollection<ObjectId> ids, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(ids);
        return Directory.Exists(mirror.Orphans)
            && (await KindsAsync(mirror, ids, withOrphans: true, cancellationToken)).Count == ids.Distinct().Count();
    }

    /// <summary>Whether each of these commits is one of the tips or is reachable from one; null past the bound of the walk.</summary>
    public async Task<bool?> AreReachableAsync(
        Mirror mirror,
        IReadOnlyCollection<ObjectId> commits,
        IEnumerable<ObjectId> tips,
        CancellationToken cancellationToken
    ) =>
        await WalkAsync(mirror, commits, tips, firstOnly: true, withOrphans: false, cancellationToken) is { } unreachable
            ? unreachable.Count == 0
            : null;

    /// <summary>Whether that is known of all of these commits without a walk. False says nothing.</summary>
    public static bool AreKnownToBeReachable(Mirror mirror, IReadOnlyCollection<ObjectId> commits, IEnumerable<ObjectId> tips)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(commits);
        HashSet<ObjectId> ends = [.. tips];
        return commits.All(commit => mirror.Children.LeadTo(commit, ends));
    }

    /// <summary>Those of these commits that are reachable from none of the tips; null past the bound of the walk.</summary>
    public async Task<IReadOnlySet<ObjectId>?> UnreachableAsync(
        Mirror mirror,
        IReadOnlyCollection<ObjectId> commits,
        IEnumerable<ObjectId> tips,
        bool withOrphans,
        CancellationToken cancellationToken
    ) =>
        await WalkAsync(mirror, commits, tips, firstOnly: false, withOrphans, cancellationToken) is { } walked
            ? commits.Where(walked.Contains).ToHashSet()
            : null;

    /// <summary>The kinds of these objects, with orphans if wanted. Objects that the mirror does not have are left out.</summary>
    public async Task<IReadOnlyDictionary<ObjectId, ObjectKind>> KindsAsync(
        Mirror mirror,
        IReadOnlyCollection<ObjectId> ids,
        bool withOrphans,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(ids);
        var kinds = new Dictionary<ObjectId, ObjectKind>();
        if (ids.Count == 0)
        {
            return kinds;
        }

        using IDisposable turn = await limiter.EnterAsync(cancellationToken);
        await mirror.AskAsync(
            withOrphans,
            reader => reader.AskKindsAsync(ids, (id, kind, _, _) => kinds[id] = kind, cancellationToken),
            cancellationToken
        );
        return kinds;
    }

    private static string[] Besides(Mirror mirror, bool withOrphans) =>
        withOrphans && Directory.Exists(mirror.Orphans) ? [mirror.Orphans] : [];

    private async Task<HashSet<ObjectId>?> WalkAsync(
        Mirror mirror,
        IReadOnlyCollection<ObjectId> commits,
        IEnumerable<ObjectId> tips,
        bool firstOnly,
        bool withOrphans,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(commits);
        HashSet<ObjectId> ends = [.. tips];
        List<ObjectId> begins = [.. commits.Where(commit => !mirror.Children.LeadTo(commit, ends))];
        if (begins.Count == 0)
        {
            return [];
        }

        using IDisposable turn = await limiter.EnterAsync(cancellationToken);
        using var bound = new CancellationTokenSource(s_walkBound, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
        List<string> arguments = ["rev-list", "--ignore-missing"];
        if (firstOnly)
        {
            arguments.Add("--max-count=1");
        }

        // Last: git reads the ids in the moment in which it comes to this option.
        arguments.Add("--stdin");
        try
        {
            // A tip that the mirror lacks leads to no object of the mirror, because the closure of every object is there.
            HashSet<ObjectId> walked = [];
            await git.ReadLinesAsync(
                new GitCommand(arguments) { Repository = mirror.FitForGit(), AlternateObjects = Besides(mirror, withOrphans) },
                (byte[])[.. IdLines.Of(begins), .. IdLines.Of(ends, "^"u8)],
                line =>
                {
                    if (ObjectId.TryParse(line, mirror.ObjectFormat, out ObjectId id))
                    {
                        walked.Add(id);
                    }
                },
                either.Token
            );
            return walked;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
