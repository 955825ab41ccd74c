using System.Text;
using Waystation.CacheStore.Git;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors;

/// <summary>Questions about the objects of a mirror, answered by git. The orphans' folder takes part only where that is said.</summary>
public sealed class MirrorObjects(GitProgram git, LookupTurns turns, TimeProvider time)
{
    /// <summary>Guards a core against walks through all of a long history: past it, who asked goes to the primary.</summary>
    private static readonly TimeSpan s_walkBound = TimeSpan.FromSeconds(2);

    /// <summary>So many look-ups are being made that further ones wait.</summary>
    public bool IsCrowded => turns.AreTaken;

    /// <summary>The kinds of those of these objects that the mirror has.</summary>
    public Task<IReadOnlyDictionary<ObjectId, ObjectKind>> KindsAsync(Mirror mirror, IReadOnlyCollection<ObjectId> ids, CancellationToken cancellationToken) =>
        KindsAsync(mirror, ids, withOrphans: false, cancellationToken);

    /// <summary>Whether the mirror has all of these objects, when those count that no ref leads to any more.</summary>
    public async Task<bool> HasWithOrphansAsync(Mirror mirror, IReadOnlyCollection<ObjectId> ids, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(ids);
        return Directory.Exists(mirror.Orphans) && (await KindsAsync(mirror, ids, withOrphans: true, cancellationToken)).Count == ids.Distinct().Count();
    }

    /// <summary>Whether each of these commits is one of the tips or is reachable from one; null past the bound of the walk.</summary>
    public async Task<bool?> AreReachableAsync(Mirror mirror, IReadOnlyCollection<ObjectId> commits, IEnumerable<ObjectId> tips, CancellationToken cancellationToken) =>
        await WalkAsync(mirror, commits, tips, firstOnly: true, withOrphans: false, cancellationToken) is { } unreachable ? unreachable.Count == 0 : null;

    /// <summary>Those of these commits that are reachable from none of the tips; null past the bound of the walk.</summary>
    public async Task<IReadOnlySet<ObjectId>?> UnreachableAsync(
        Mirror mirror, IReadOnlyCollection<ObjectId> commits, IEnumerable<ObjectId> tips, bool withOrphans, CancellationToken cancellationToken) =>
        await WalkAsync(mirror, commits, tips, firstOnly: false, withOrphans, cancellationToken) is { } walked ? commits.Where(walked.Contains).ToHashSet() : null;

    /// <summary>The kinds of those of these objects that the mirror has, orphans among them where that is said.</summary>
    public async Task<IReadOnlyDictionary<ObjectId, ObjectKind>> KindsAsync(
        Mirror mirror, IReadOnlyCollection<ObjectId> ids, bool withOrphans, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(ids);
        var kinds = new Dictionary<ObjectId, ObjectKind>();
        if (ids.Count == 0)
        {
            return kinds;
        }

        using IDisposable turn = await turns.EnterAsync(cancellationToken);
        GitResult result = await git.RunAsync(
            new GitCommand("cat-file", "--batch-check=%(objectname) %(objecttype)", "--buffer") { Repository = mirror.FitForGit(), AlternateObjects = Besides(mirror, withOrphans) }, Lines(ids, ""), cancellationToken);
        foreach (string line in result.OrThrow().Lines())
        {
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space > 0 && KindOf(line.AsSpan(space + 1)) is { } kind)
            {
                kinds[ObjectId.Parse(line[..space])] = kind;
            }
        }

        return kinds;
    }

    private static string[] Besides(Mirror mirror, bool withOrphans) => withOrphans && Directory.Exists(mirror.Orphans) ? [mirror.Orphans] : [];

    private static ObjectKind? KindOf(ReadOnlySpan<char> word) => word switch
    {
        "commit" => ObjectKind.Commit,
        "tree" => ObjectKind.Tree,
        "blob" => ObjectKind.Blob,
        "tag" => ObjectKind.Tag,
        _ => null,
    };

    private static byte[] Lines(IEnumerable<ObjectId> ids, string prefix)
    {
        var text = new StringBuilder();
        foreach (ObjectId id in ids)
        {
            text.Append(prefix).Append(id.ToString()).Append('\n');
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private async Task<HashSet<ObjectId>?> WalkAsync(
        Mirror mirror, IReadOnlyCollection<ObjectId> commits, IEnumerable<ObjectId> tips, bool firstOnly, bool withOrphans, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(commits);
        if (commits.Count == 0)
        {
            return [];
        }

        using IDisposable turn = await turns.EnterAsync(cancellationToken);
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
            // Tips that are not here lead to nothing that is: what is here has its closure here.
            GitResult result = await git.RunAsync(
                new GitCommand(arguments) { Repository = mirror.FitForGit(), AlternateObjects = Besides(mirror, withOrphans) }, (byte[])[.. Lines(commits, ""), .. Lines(tips, "^")], either.Token);
            return [.. result.OrThrow().Lines().Select(ObjectId.Parse)];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
