using System.Globalization;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors.Reading;
using Waystation.CacheStore.Packs;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Packs;
using Waystation.GitProtocol.Requests;

namespace Waystation.CacheStore.Mirrors.Packing;

/// <summary>
/// Makes the objects that the pack of a whole clone has beside those of an earlier one, with <c>git pack-objects</c>, and counts the
/// objects that the pack must have. The objects of the earlier pack serve as bases of deltas.
/// </summary>
/// <remarks>
/// git leaves out no object that the earlier wants do not lead to, and adds none that the wants do not lead to. But it may send one again
/// that the earlier pack has: one that went from the files and has come back, for example by a revert. Only with bitmaps git leaves out
/// exactly those that the earlier wants lead to; then its deltas are larger. So the caller counts.
/// </remarks>
public sealed class IncrementPacks(GitProgram git, DataFolder folder, TimeProvider time)
{
    /// <summary>Bytes of a pack whose objects git counts at once without bitmaps.</summary>
    private const long SmallPack = 16L << 20;

    /// <summary>With bitmaps counting takes a tenth of a second. It takes longer where bitmaps are old: then the pack is made
    /// whole.</summary>
    private static readonly TimeSpan s_countBound = TimeSpan.FromSeconds(2);

    /// <summary>The memory of each thread is bounded, because many of these processes run side by side.</summary>
    private static readonly string[] s_settings = ["pack.windowMemory=128m", "pack.deltaCacheSize=64m"];

    /// <summary>Whether the objects of a pack of this length can be counted without a long walk.</summary>
    public static bool CanCount(Mirror mirror, long packLength)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        return packLength <= SmallPack
            || FileStamps.FilesOf(mirror.Objects).Any(static file => file.EndsWith(".bitmap", StringComparison.Ordinal));
    }

    /// <summary>Makes an increment; null if it would be longer than allowed.</summary>
    /// <param name="lease">The reading of the mirror.</param>
    /// <param name="request">The request: a <see cref="WholeClone"/>.</param>
    /// <param name="earlier">The objects that the earlier clone wanted.</param>
    /// <param name="withBitmaps">Whether git leaves out exactly the objects of the earlier pack.</param>
    /// <param name="threads">The number of threads for compression.</param>
    /// <param name="maxBytes">The most bytes.</param>
    /// <param name="priority">How git competes with other processes.</param>
    /// <param name="stopping">Kills git.</param>
    /// <exception cref="GitFailedException">git cannot be started, or fails.</exception>
    public async Task<PackIncrement?> MakeAsync(
        MirrorLease lease,
        FetchRequest request,
        IReadOnlyList<ObjectId> earlier,
        bool withBitmaps,
        int threads,
        long maxBytes,
        GitPriority priority,
        CancellationToken stopping
    )
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(earlier);
        HashSet<ObjectId> known = [.. earlier];
        var command = new GitCommand([
            "pack-objects",
            "--quiet",
            "--revs",
            "--stdout",
            // A filter may leave out an object of the earlier clone that git takes for the base of a delta.
            .. request.Filter is null ? ["--thin"] : (string[])[$"--filter={request.Filter.Text}"],
            .. request.OfsDelta ? ["--delta-base-offset"] : (string[])[],
        ])
        {
            Repository = lease.Mirror.Repository,
            Priority = priority,
            Settings =
            [
                .. s_settings,
                $"pack.useBitmaps={(withBitmaps ? "true" : "false")}",
                "pack.useBitmapBoundaryTraversal=false",
                string.Create(CultureInfo.InvariantCulture, $"pack.threads={threads}"),
            ],
        };
        byte[] input = [.. IdLines.Of([.. request.Wants.Where(want => !known.Contains(want))]), .. IdLines.Of(known, "^"u8)];
        await using GitProcess process = git.Start(command, stopping);
        Task feeding = process.FeedAsync(input);
        string path = folder.NewTemporaryPath(".increment");
        (uint Count, long Length)? written;
        try
        {
            written = await WriteAsync(process.Output, path, request.ObjectFormat, maxBytes, stopping);
            if (written is not null)
            {
                await feeding;
                int exitCode = await process.WaitAsync();
                stopping.ThrowIfCancellationRequested();
                if (exitCode != 0)
                {
                    throw new GitFailedException($"{command} failed with exit code {exitCode}: {process.ErrorText.Trim()}");
                }
            }
        }
        catch
        {
            File.Delete(path);
            throw;
        }

        if (written is { } whole)
        {
            return new PackIncrement(path, whole.Count, whole.Length);
        }

        File.Delete(path);
        return null;
    }

    /// <summary>The number of objects that the clone's pack must have; null if counting takes too long.</summary>
    /// <exception cref="GitFailedException">git cannot be started, or fails.</exception>
    public async Task<long?> CountAsync(MirrorLease lease, FetchRequest request, GitPriority priority, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentNullException.ThrowIfNull(request);
        using var bound = new CancellationTokenSource(s_countBound, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, stopping);
        var command = new GitCommand([
            "rev-list",
            "--count",
            "--objects",
            "--use-bitmap-index",
            .. request.Filter is { } filter ? [$"--filter={filter.Text}"] : (string[])[],
            "--stdin",
        ])
        {
            Repository = lease.Mirror.Repository,
            Priority = priority,
        };
        try
        {
            GitResult counted = await git.RunAsync(command, IdLines.Of(request.Wants), either.Token);
            return long.Parse(counted.OrThrow().Lines().Single(), CultureInfo.InvariantCulture);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Copies a pack to a file, without its trailer; null if it is too long.</summary>
    private static async Task<(uint Count, long Length)?> WriteAsync(
        Stream output,
        string path,
        ObjectFormat format,
        long maxBytes,
        CancellationToken stopping
    )
    {
        using var check = new PackTrailerCheck(format);
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        byte[] buffer = new byte[64 * 1024];
        while (await output.ReadAsync(buffer, stopping) is > 0 and int read)
        {
            check.Append(buffer.AsSpan(0, read));
            if (check.Length > maxBytes)
            {
                return null;
            }

            await file.WriteAsync(buffer.AsMemory(0, read), stopping);
        }

        if (!check.IsWhole())
        {
            throw new GitFailedException("git pack-objects made a pack that is not whole");
        }

        file.SetLength(check.Length - format.DigestLength);
        file.Position = 0;
        byte[] header = new byte[PackHeader.Length];
        await file.ReadExactlyAsync(header, stopping);
        return PackHeader.TryParse(header, out PackHeader parsed)
            ? (parsed.ObjectCount, file.Length - PackHeader.Length)
            : throw new GitFailedException("git pack-objects made no pack");
    }
}
