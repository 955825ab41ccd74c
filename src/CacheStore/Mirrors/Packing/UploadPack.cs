using System.Buffers;
using System.Globalization;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Git;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.CacheStore.Mirrors.Packing;

/// <summary>
/// Makes answers from a mirror with <c>git upload-pack --stateless-rpc</c>, always in protocol v2: what the client's own
/// version makes of it is written where the client is.
/// </summary>
public sealed class UploadPack(GitProgram git, DataFolder folder)
{
    /// <summary>
    /// Whether a want may be had was settled before; keepalives tell those who wait that it goes on; memory is bounded, that of each
    /// thread, because many of these run side by side.
    /// </summary>
    private static readonly string[] s_settings =
    [
        "uploadpack.allowFilter=true",
        "uploadpack.allowAnySHA1InWant=true",
        "uploadpack.keepAlive=5",
        "pack.windowMemory=128m",
        "pack.deltaCacheSize=64m",
    ];

    /// <summary>The commit-graph keeps 34 bits of a date, which end in 2514: what is asked by date is answered from the commits
    /// themselves.</summary>
    private const string TrueDates = "core.commitGraph=false";

    /// <summary>
    /// With a bitmap git leaves out all that the haves lead to. A partial clone has a commit without its trees and blobs, and may want one
    /// of these by its id: git without bitmaps sends it.
    /// </summary>
    private const string NoBitmaps = "pack.useBitmaps=false";

    /// <summary>Of a line with an id, what is not the id, such as <c>0032have </c> and the line feed: an input of its right size need not
    /// grow.</summary>
    private const int IdLine = 14;

    /// <summary>All other lines of a request.</summary>
    private const int OtherLines = 1_024;

    /// <summary>What an answer is made from that depends on refs: null where this one does not.</summary>
    /// <param name="mirror">Whose objects.</param>
    /// <param name="refs">Its refs, as the answer was settled for; others may come meanwhile.</param>
    /// <param name="request">What is asked; all of its shallow commits may be counted from.</param>
    public RefSnapshot? Freeze(Mirror mirror, MirrorRefs refs, FetchRequest request)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(refs);
        ArgumentNullException.ThrowIfNull(request);

        if (!DependsOnRefs(request))
        {
            return null;
        }

        // include-tag looks at annotated tags; deepen-relative counts from those shallow commits that refs lead to, which is settled.
        IEnumerable<RefTip> tags = request.IncludeTag ? refs.Tips.Where(static tip => tip.IsAnnotatedTag) : [];
        IEnumerable<RefTip> shallows = request.DeepenRelative
            ? request.Shallows.Select(static id => new RefTip($"refs/waystation/shallow/{id}", id, null, null))
            : [];
        return RefSnapshot.Of(folder, mirror, new MirrorRefs(tags.Concat(shallows)));
    }

    private static bool DependsOnRefs(FetchRequest request) => request.IncludeTag || request.DeepenRelative;

    /// <summary>Starts it; its output is the answer, beginning with the sections before the packfile.</summary>
    /// <param name="lease">The reading of the mirror that it is part of.</param>
    /// <param name="request">What is asked; the answer has the form of <see cref="ResponseFraming.V2"/>.</param>
    /// <param name="snapshot">What <see cref="Freeze"/> gave for it.</param>
    /// <param name="withOrphans">Objects that no ref leads to any more may be named.</param>
    /// <param name="threads">It compresses with so many.</param>
    /// <param name="stopping">Kills it.</param>
    public async Task<GitProcess> StartAsync(
        MirrorLease lease,
        FetchRequest request,
        RefSnapshot? snapshot,
        bool withOrphans,
        int threads,
        CancellationToken stopping
    )
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentNullException.ThrowIfNull(request);
        if (DependsOnRefs(request) && snapshot is null)
        {
            throw new ArgumentException("the answer depends on the refs of one moment", nameof(snapshot));
        }

        Mirror mirror = lease.Mirror;
        bool looksAtTipFirst = request.Deepens && request.IsClone && mirror.HasTip;
        int ids = request.Wants.Count + request.Haves.Count + request.Shallows.Count;
        var input = new ArrayBufferWriter<byte>(OtherLines + (ids * (request.ObjectFormat.HexLength + IdLine)));
        FetchRequestWriter.WriteV2(input, request, ResponseFraming.V2, agent: null, sayObjectFormat: true);
        GitProcess process = git.Start(
            new GitCommand("upload-pack", "--stateless-rpc", "--strict", snapshot?.Repository ?? mirror.Repository)
            {
                Protocol = "version=2",

                // Of an object that lies in several packs git takes the copy that the first multi-pack-index names.
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
