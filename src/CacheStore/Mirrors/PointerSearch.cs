using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors.Reading;
using Waystation.GitProtocol.Lfs;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// Finds the Git LFS pointers of commits in a mirror. It compares trees, so a commit that changes little costs little, however long its
/// history is:
/// <code>
///   commit, base ─► git diff-tree ┐
///   commit ───────► git ls-tree ──┴► paths that are wanted ─► sizes ─► small blobs ─► pointers
/// </code>
/// Each step is one git process for all commits, and takes a turn as other look-ups do.
/// </summary>
public sealed class PointerSearch(GitProgram git, LookupLimiter limiter)
{
    /// <summary>The objects that the commits' files stand for.</summary>
    /// <param name="lease">The mirror, which is read.</param>
    /// <param name="commits">Commits of the mirror, each with one whose files are known; null where all files count.</param>
    /// <param name="isWanted">Says which paths count.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="GitFailedException">git fails.</exception>
    public async Task<IReadOnlyCollection<LfsObject>> FindAsync(
        MirrorLease lease,
        IReadOnlyCollection<(ObjectId Commit, ObjectId? Base)> commits,
        Func<string, bool> isWanted,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentNullException.ThrowIfNull(commits);
        ArgumentNullException.ThrowIfNull(isWanted);
        Mirror mirror = lease.Mirror;
        var files = new HashSet<ObjectId>();
        using IDisposable turn = await limiter.EnterAsync(cancellationToken);
        await CompareAsync(mirror, [.. commits.Where(static one => one.Base is not null)], isWanted, files, cancellationToken);
        foreach ((ObjectId commit, _) in commits.Where(static one => one.Base is null))
        {
            await ListAsync(mirror, commit, isWanted, files, cancellationToken);
        }

        return await ReadAsync(mirror, await SmallAsync(mirror, files, cancellationToken), cancellationToken);
    }

    private async Task CompareAsync(
        Mirror mirror,
        IReadOnlyList<(ObjectId Commit, ObjectId? Base)> commits,
        Func<string, bool> isWanted,
        HashSet<ObjectId> files,
        CancellationToken cancellationToken
    )
    {
        if (commits.Count == 0)
        {
            return;
        }

        // A line names a commit and the commits to compare it with.
        string input = string.Concat(commits.Select(static one => $"{one.Commit} {one.Base}\n"));
        (bool isPath, ObjectId? changed) = (false, null);
        await git.ReadLinesAsync(
            new GitCommand("diff-tree", "--stdin", "--no-commit-id", "-r", "--raw", "--no-renames", "--no-abbrev", "-m", "-z")
            {
                Repository = mirror.FitForGit(),
            },
            Encoding.ASCII.GetBytes(input),
            record =>
            {
                // :100644 100644 OLD NEW M, then the path
                if (!isPath)
                {
                    changed = NewFileOf(record, mirror.ObjectFormat);
                }
                else if (changed is { } file && isWanted(Encoding.UTF8.GetString(record)))
                {
                    files.Add(file);
                }

                isPath = !isPath;
            },
            cancellationToken,
            end: 0
        );
    }

    private async Task ListAsync(
        Mirror mirror,
        ObjectId commit,
        Func<string, bool> isWanted,
        HashSet<ObjectId> files,
        CancellationToken cancellationToken
    ) =>
        await git.ReadLinesAsync(
            new GitCommand("ls-tree", "-r", "-z", "--full-tree", commit.ToString()) { Repository = mirror.FitForGit() },
            ReadOnlyMemory<byte>.Empty,
            record =>
            {
                // 100644 blob ID, a tab, the path
                int tab = record.IndexOf((byte)'\t');
                if (
                    tab > 0
                    && IsFile(record)
                    && record[..tab].LastIndexOf((byte)' ') is > 0 and var space
                    && ObjectId.TryParse(record[(space + 1)..tab], mirror.ObjectFormat, out ObjectId file)
                    && isWanted(Encoding.UTF8.GetString(record[(tab + 1)..]))
                )
                {
                    files.Add(file);
                }
            },
            cancellationToken,
            end: 0
        );

    private static ObjectId? NewFileOf(ReadOnlySpan<byte> record, ObjectFormat format)
    {
        const int ModesLength = 14; // of the old file and of the new, each with a space
        int at = 1 + ModesLength + format.HexLength + 1;
        return
            record.Length > at + format.HexLength
            && IsFile(record[8..])
            && ObjectId.TryParse(record.Slice(at, format.HexLength), format, out ObjectId id)
            && !id.IsZero
            ? id
            : null;
    }

    /// <summary>Links and submodules are no pointers.</summary>
    private static bool IsFile(ReadOnlySpan<byte> mode) => mode.StartsWith("100644 "u8) || mode.StartsWith("100755 "u8);

    /// <summary>The blobs that are short enough for a pointer.</summary>
    private async Task<IReadOnlyCollection<ObjectId>> SmallAsync(
        Mirror mirror,
        HashSet<ObjectId> files,
        CancellationToken cancellationToken
    )
    {
        var small = new List<ObjectId>();
        if (files.Count == 0)
        {
            return small;
        }

        await git.ReadLinesAsync(
            new GitCommand("cat-file", "--batch-check=%(objectname) %(objectsize)", "--buffer") { Repository = mirror.FitForGit() },
            IdLines.Of(files),
            line =>
            {
                if (
                    line.IndexOf((byte)' ') is > 0 and var space
                    && ObjectId.TryParse(line[..space], mirror.ObjectFormat, out ObjectId id)
                    && Utf8Parser.TryParse(line[(space + 1)..], out long size, out _)
                    && size < LfsPointer.MaxLength
                )
                {
                    small.Add(id);
                }
            },
            cancellationToken
        );
        return small;
    }

    private async Task<IReadOnlyCollection<LfsObject>> ReadAsync(
        Mirror mirror,
        IReadOnlyCollection<ObjectId> blobs,
        CancellationToken cancellationToken
    )
    {
        var pointed = new HashSet<LfsObject>();
        if (blobs.Count == 0)
        {
            return pointed;
        }

        await using GitProcess process = git.Start(
            new GitCommand("cat-file", "--batch=%(objectsize)", "--buffer") { Repository = mirror.FitForGit() },
            cancellationToken
        );
        Task feeding = process.FeedAsync(IdLines.Of(blobs));
        var output = PipeReader.Create(process.Output, new StreamPipeReaderOptions(leaveOpen: true));
        for (bool isOver = false; !isOver; )
        {
            ReadResult read = await output.ReadAsync(cancellationToken);
            var blobsRead = new SequenceReader<byte>(read.Buffer);
            while (TryTake(ref blobsRead, out ReadOnlySequence<byte> blob))
            {
                if (LfsPointer.TryParse(blob.IsSingleSegment ? blob.FirstSpan : blob.ToArray(), out LfsObject one))
                {
                    pointed.Add(one);
                }
            }

            output.AdvanceTo(blobsRead.Position, read.Buffer.End);
            isOver = read.IsCompleted;
        }

        await output.CompleteAsync();
        await feeding;
        int exitCode = await process.WaitAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return exitCode == 0 ? pointed : throw new GitFailedException($"git cat-file failed with exit code {exitCode}");
    }

    /// <summary>Takes the size, a line end, the blob and a line end; nothing if these are not there yet.</summary>
    private static bool TryTake(ref SequenceReader<byte> output, out ReadOnlySequence<byte> blob)
    {
        SequenceReader<byte> start = output;
        blob = default;
        if (
            output.TryReadTo(out ReadOnlySequence<byte> size, (byte)'\n')
            && Utf8Parser.TryParse(size.ToArray(), out int length, out _)
            && output.Remaining > length
        )
        {
            blob = output.UnreadSequence.Slice(0, length);
            output.Advance(length + 1);
            return true;
        }

        output = start;
        return false;
    }
}
