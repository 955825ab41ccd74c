using System.Buffers;
using System.Globalization;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Git;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.CacheStore.Mirrors.Packing;

/// <summary>
/// Makes responses from a mirror with <c>git upload-pack --stateless-rpc</c>, always in protocol v2. The front end writes them in the
/// client's version.
/// </summary>
public sealed class UploadPack(GitProgram git, DataFolder folder)
{
    /// <summary>
    /// The wants were authorised before, so git need not check them. Keepalives show waiting clients that the work goes on. The memory of
    /// each thread is bounded, because many of these processes run side by side.
    /// </summary>
    private static readonly string[] s_settings =
    [
        "uploadpack.allowFilter=true",
        "uploadpack.allowAnySHA1InWant=true",
        "uploadpack.keepAlive=5",
        "pack.windowMemory=128m",
        "pack.deltaCacheSize=64m",
    ];

    /// <summary>
    /// A commit-graph has 34 bits for a date, up to the year 2514. For requests by date git reads the commits themselves.
    /// </summary>
    private const string TrueDates = "core.commitGraph=false";

    /// <summary>
    /// With a bitmap git leaves out all that the haves lead to. A partial clone has a commit without its trees and blobs, and may want one
    /// of these by its id: git without bitmaps sends it.
    /// </summary>
    private const string NoBitmaps = "pack.useBitmaps=false";

    /// <summary>The bytes of a line beside its id, such as <c>0032have </c> and the line feed, so that the input gets its final size at
    /// once.</summary>
    private const int IdLine = 14;

    /// <summary>All other lines of a request.</summary>
    private const int OtherLines = 1_024;

    /// <summary>The snapshot for a response that depends on refs; null for one that does not.</summary>
    /// <param name="mirror">The mirror with the objects.</param>
    /// <param name="refs">The refs with which the response was authorised; the mirror may get others meanwhile.</param>
    /// <param name="request">The request; git may count from each of its shallow commits.</param>
    public RefSnapshot? Freeze(Mirror mirror, MirrorRefs refs, FetchRequest request)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(refs);
        ArgumentNullException.ThrowIfNull(request);

        if (!DependsOnRefs(request))
        {
            return null;
        }

        // include-tag reads annotated tags. deepen-relative counts from the shallow commits that refs lead to; these were checked before.
        IEnumerable<RefTip> tags = request.IncludeTag ? refs.Tips.Peeled().Where(static tip => tip.IsAnnotatedTag) : [];
        IEnumerable<RefTip> shallows = request.DeepenRelative
            ? request.Shallows.Select(static id => new RefTip($"refs/waystation/shallow/{id}", id, null, null))
            : [];
        return RefSnapshot.Of(folder, mirror, new MirrorRefs(tags.Concat(shallows)));
    }

    private static bool DependsOnRefs(FetchRequest request) => request.IncludeTag || request.DeepenRelative;

    /// <summary>Starts git. Its output is the response, beginning with the sections before the packfile.</summary>
    /// <param name="lease">The reading of the mirror.</param>
    /// <param name="request">The request; the response has the form of <see cref="ResponseFraming.V2"/>.</param>
    /// <param name="snapshot">The result of <see cref="Freeze"/> for this request.</param>
    /// <param name="withOrphans">Whether the request may name orphans.</param>
    /// <param name="threads">The number of threads for compression.</param>
    /// <param name="stopping">Kills the process.</param>
    /// <param name="priority">How it competes with other processes.</param>
    /// <exception cref="GitFailedException">git cannot be started.</exception>
    public async Task<GitProcess> StartAsync(
        MirrorLease lease,
        FetchRequest request,
        RefSnapshot? snapshot,
        bool withOrphans,
        int threads,
        CancellationToken stopping,
        GitPriority priority = GitPriority.Request
    )
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentNullException.ThrowIfNull(request);
        if (DependsOnRefs(request) && snapshot is null)
        {
            throw new ArgumentException("the response depends on the refs of one moment, so snapshot must be given", nameof(snapshot));
        }

        Mirror mirror = lease.Mirror;
        bool looksAtTipFirst = request.Deepens && request.IsClone && mirror.HasTip;
        int ids = request.Wants.Count + request.Haves.Count + request.Shallows.Count;
        var input = new ArrayBufferWriter<byte>(OtherLines + (ids * (request.ObjectFormat.HexLength + IdLine)));
        FetchRequestWriter.WriteV2(input, request, ResponseFraming.V2, agent: null, sayObjectFormat: true);
        GitProcess process = git.Start(
            new GitCommand("upload-pack", "--stateless-rpc", "--strict", snapshot?.Repository ?? mirror.Repository)
            {
                Protocol = ProtocolVersion.Two,
                Priority = priority,

                // If several packs have an object, git takes the copy that the first multi-pack-index names.
                ObjectDirectory = looksAtTipFirst ? mirror.Tip : null,
                AlternateObjects = [.. looksAtTipFirst ? [mirror.Objects] : (string[])[], .. withOrphans ? [mirror.Orphans] : (string[])[]],
                Settings =
                [
                    .. s_settings,
                    .. request.DeepenSince is null ? (string[])[] : [TrueDates],
                    .. request is { Filter: not null, Haves.Count: > 0 } ? [NoBitmaps] : (string[])[],
                    string.Create(CultureInfo.InvariantCulture, $"pack.threads={threads}"),
                ],
            },
            stopping
        );
        await process.FeedAsync(input.WrittenMemory);
        return process;
    }
}
