using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using Waystation.CacheStore.Git;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors.Reading;

/// <summary>
/// Takes an object and its size in bytes. The content is valid only during the call, and empty if only kinds were asked for.
/// </summary>
internal delegate void FoundObject(ObjectId id, ObjectKind kind, long size, ReadOnlySpan<byte> content);

/// <summary>
/// A <c>git cat-file --batch-command</c> that stays: it answers one batch of questions after another, each within a fraction of a
/// millisecond.
/// <code>
///   info ID, info ID, …, flush ──► git ──► ID commit 231, ID missing, …
/// </code>
/// git looks for new packs before it says that an object is missing, so packs may come while it runs. It keeps packs open that it has read
/// from, so it must end when packs go. One batch at a time. After a batch that failed or was cancelled the reader is of no more use.
/// </summary>
internal sealed class ObjectReader : IAsyncDisposable
{
    /// <summary>git holds the questions of a batch in memory until the flush, and its answers fill a pipe.</summary>
    private const int MaxBatch = 1_000;

    private static readonly byte[] s_flush = "flush\n"u8.ToArray();

    private readonly GitProcess _git;
    private readonly ObjectFormat _format;
    private readonly PipeReader _output;

    private ObjectReader(GitProcess git, ObjectFormat format)
    {
        _git = git;
        _format = format;
        _output = PipeReader.Create(git.Output, new StreamPipeReaderOptions(leaveOpen: true));
    }

    /// <summary>Starts git.</summary>
    /// <param name="git">Starts it.</param>
    /// <param name="source">Where it looks.</param>
    /// <param name="stopping">Kills it.</param>
    /// <exception cref="GitFailedException">git cannot be started.</exception>
    public static ObjectReader Start(GitProgram git, ObjectSource source, CancellationToken stopping) =>
        new(
            git.Start(
                new GitCommand("cat-file", "--batch-command=%(objectname) %(objecttype) %(objectsize)", "--buffer")
                {
                    Repository = source.Repository,
                    AlternateObjects = source.Besides is { } besides ? [besides] : [],
                },
                stopping
            ),
            source.Format
        );

    /// <summary>Asks for the kinds of objects. Missing objects are left out.</summary>
    /// <exception cref="GitFailedException">git has ended.</exception>
    public Task AskKindsAsync(IReadOnlyCollection<ObjectId> ids, FoundObject take, CancellationToken cancellationToken) =>
        AskAsync("info "u8.ToArray(), ids, take, withContent: false, cancellationToken);

    /// <summary>Asks for the content of objects, each of which is held in memory whole. Missing objects are left out.</summary>
    /// <exception cref="GitFailedException">git has ended.</exception>
    public Task AskContentsAsync(IReadOnlyCollection<ObjectId> ids, FoundObject take, CancellationToken cancellationToken) =>
        AskAsync("contents "u8.ToArray(), ids, take, withContent: true, cancellationToken);

    /// <summary>Ends git after its last batch: it ends by itself when its input does.</summary>
    public async Task EndAsync()
    {
        await _git.FeedAsync(ReadOnlyMemory<byte>.Empty);
        await _git.WaitAsync();
        await DisposeAsync();
    }

    /// <summary>Kills git.</summary>
    public async ValueTask DisposeAsync()
    {
        await _git.DisposeAsync();
        await _output.CompleteAsync();
    }

    private async Task AskAsync(
        byte[] command,
        IReadOnlyCollection<ObjectId> ids,
        FoundObject take,
        bool withContent,
        CancellationToken cancellationToken
    )
    {
        try
        {
            foreach (ObjectId[] batch in ids.Chunk(MaxBatch))
            {
                await _git.Input.WriteAsync((byte[])[.. IdLines.Of(batch, command), .. s_flush], cancellationToken);
                await TakeAsync(batch.Length, take, withContent, cancellationToken);
            }
        }
        catch (IOException e) when (e is not GitFailedException)
        {
            throw new GitFailedException($"git cat-file has ended: {_git.ErrorText.Trim()}", e);
        }
    }

    private async Task TakeAsync(int count, FoundObject take, bool withContent, CancellationToken cancellationToken)
    {
        while (count > 0)
        {
            ReadResult read = await _output.ReadAsync(cancellationToken);
            var rest = new SequenceReader<byte>(read.Buffer);
            while (count > 0 && TryTake(ref rest, take, withContent))
            {
                count--;
            }

            _output.AdvanceTo(rest.Position, read.Buffer.End);
            if (count > 0 && read.IsCompleted)
            {
                throw new GitFailedException($"git cat-file has ended: {_git.ErrorText.Trim()}");
            }
        }
    }

    /// <summary>Takes one answer; nothing if it is not there yet.</summary>
    private bool TryTake(ref SequenceReader<byte> output, FoundObject take, bool withContent)
    {
        SequenceReader<byte> start = output;
        if (!output.TryReadTo(out ReadOnlySequence<byte> line, (byte)'\n'))
        {
            return false;
        }

        // ID commit 231, or ID missing
        ReadOnlySpan<byte> head = line.IsSingleSegment ? line.FirstSpan : line.ToArray();
        int first = head.IndexOf((byte)' '),
            second = head.LastIndexOf((byte)' ');
        if (
            first == second
            || !ObjectId.TryParse(head[..first], _format, out ObjectId id)
            || ObjectLinks.KindOf(head[(first + 1)..second]) is not { } kind
            || !Utf8Parser.TryParse(head[(second + 1)..], out long size, out _)
        )
        {
            return true;
        }

        if (!withContent)
        {
            take(id, kind, size, []);
            return true;
        }

        if (output.Remaining <= size)
        {
            output = start;
            return false;
        }

        ReadOnlySequence<byte> content = output.UnreadSequence.Slice(0, size);
        take(id, kind, size, content.IsSingleSegment ? content.FirstSpan : content.ToArray());
        output.Advance(size + 1);
        return true;
    }
}
