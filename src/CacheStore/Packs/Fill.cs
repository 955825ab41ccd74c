using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Waystation.GitProtocol.Fetching;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Packs;

namespace Waystation.CacheStore.Packs;

/// <summary>What a fill is for.</summary>
/// <param name="Key">The answer's name.</param>
/// <param name="Repository">Whose.</param>
/// <param name="ObjectFormat">Decides the length of the pack's trailer.</param>
/// <param name="KeepAtOnce">Worth keeping the first time, and worth finishing when nobody follows any more.</param>
public sealed record FillPlan(PackKey Key, RepositoryName Repository, ObjectFormat ObjectFormat, bool KeepAtOnce);

/// <summary>
/// One writer putting one answer into the cache, which any number of readers follow while it grows.
/// <code>
///   source ──► Fill ──► temporary file ──► reader ──► client
///                │                    └──► reader ──► client      each at its own speed
///                └ digest, sums
/// </code>
/// The writer never waits for a reader. Readers see all but the pack's trailer until the digest agreed with it, so a
/// broken answer can never look whole. Only when the disk refuses (<see cref="FillTail"/>) does the answer go on through
/// a small window in memory, at the pace of the slowest reader, for those who follow already: nobody's clone fails for it.
/// It does not know where its bytes come from, nor what becomes of the file; <see cref="FillTable"/> does.
/// </summary>
public sealed class Fill : IDisposable
{
    /// <summary>Progress text kept for readers that are behind; more than this is not shown.</summary>
    private const int MaxProgressBytes = 64 * 1024;

    /// <summary>
    /// A follower that has read nothing waits so long for a source that is silent. git's servers say something every 5 seconds
    /// (uploadpack.keepAlive), and one that is far away and slow still answers within 10.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly SourceSilence _silence;
    private readonly FillFile _file;
    private readonly PackTrailerCheck _trailer;
    private readonly CancellationTokenSource _stopping;
    private readonly List<FillReader> _readers = [];
    private readonly List<ReadOnlyMemory<byte>> _progress = [];
    private readonly List<uint> _sums = [];
    private readonly byte[] _block = ArrayPool<byte>.Shared.Rent(BlockSums.BlockLength);

    private TaskCompletionSource _pulse = NewPulse();
    private FillTail? _tail;
    private Exception? _failure;
    private FetchPrologue? _prologue;
    private bool _whole;
    private bool _settled;
    private bool _damaged;
    private bool _disowned;
    private bool _abandoned;
    private bool _outdated;
    private int _attached;
    private int _inBlock;
    private int _flushedInBlock;
    private int _progressBytes;
    private long _readable;
    private volatile FillShare _share;

    internal Fill(FillPlan plan, FillFile file, TimeProvider time, CancellationToken nodeStopping)
    {
        Plan = plan;
        MadeAt = time.GetUtcNow();
        _silence = new SourceSilence(time);
        _file = file;
        _trailer = new PackTrailerCheck(plan.ObjectFormat);
        _stopping = CancellationTokenSource.CreateLinkedTokenSource(nodeStopping);
    }

    /// <summary>What it is for.</summary>
    public FillPlan Plan { get; }

    /// <summary>Cancelled when the node stops, or when nobody wants this answer any more.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Readers may have begun their answers: what ends it now ends those.</summary>
    public bool HasBegun => Prologue is not null;

    internal DateTimeOffset MadeAt { get; }

    internal FillFile File => _file;

    internal uint[] Sums => [.. _sums];

    internal FetchPrologue? Prologue => Volatile.Read(ref _prologue);

    /// <summary>Whole, checked, on disk, nobody has met damage in it, and everybody may have it.</summary>
    internal bool IsStorable => _whole && _tail is null && !_damaged && !IsDisowned && _share == FillShare.Everybody;

    /// <summary>Nothing of it may be kept.</summary>
    internal bool IsDisowned => Volatile.Read(ref _disowned);

    internal long? PackLength => _whole ? _trailer.Length : null;

    internal void Disown() => Volatile.Write(ref _disowned, true);

    /// <summary>Not worth finishing when nobody follows any more, whatever the plan was.</summary>
    internal void Outdate()
    {
        lock (_gate)
        {
            _outdated = true;
        }
    }

    /// <summary>The source is asked now: from here on its silence counts.</summary>
    public void ExpectSource() => Hear();

    /// <summary>The source has said something, if only that it is still there.</summary>
    public void Hear() => _silence.End();

    /// <summary>
    /// The starter alone reads the pack until <see cref="Share"/> or <see cref="KeepToStarter"/>; the others hear what is said before it.
    /// To be called before <see cref="Begin"/>.
    /// </summary>
    public void HoldBack() => SetShare(FillShare.Everybody, FillShare.Undecided);

    /// <summary>The pack holds just what its key says.</summary>
    public void Share() => SetShare(FillShare.Undecided, FillShare.Everybody);

    /// <summary>The pack may hold more than its key says: nobody else reads it, and it is not kept.</summary>
    public void KeepToStarter()
    {
        lock (_gate)
        {
            _share = FillShare.StarterOnly;
            Pulse();
        }
    }

    /// <summary>It is known who may read the pack.</summary>
    public bool IsDecided => _share != FillShare.Undecided;

    /// <summary>Waits until the header of the pack has come: from there on it is settled which objects are in it.</summary>
    public Task WaitForHeaderAsync(CancellationToken cancellationToken) =>
        WaitForAsync(() => _readable > 0 || _whole || _failure is not null, cancellationToken);

    /// <summary>The sections before the packfile are known: readers may begin their answers.</summary>
    public void Begin(FetchPrologue prologue)
    {
        ArgumentNullException.ThrowIfNull(prologue);
        Hear();
        if (!_file.TryOpen())
        {
            LeaveDisk();
        }

        lock (_gate)
        {
            _prologue = prologue;
            Pulse();
        }
    }

    /// <summary>Takes pack bytes, unframed.</summary>
    public async ValueTask WriteAsync(ReadOnlySequence<byte> pack, CancellationToken cancellationToken)
    {
        Hear();
        foreach (ReadOnlyMemory<byte> segment in pack)
        {
            ReadOnlyMemory<byte> rest = segment;
            while (!rest.IsEmpty)
            {
                int taken = Math.Min(rest.Length, BlockSums.BlockLength - _inBlock);
                rest.Span[..taken].CopyTo(_block.AsSpan(_inBlock));
                _trailer.Append(rest.Span[..taken]);
                _inBlock += taken;
                rest = rest[taken..];
                if (_inBlock == BlockSums.BlockLength)
                {
                    await FlushAsync(cancellationToken);
                    EndBlock();
                }
            }
        }
    }

    /// <summary>Shows readers what has come so far; called when the source has nothing more just now.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_flushedInBlock == _inBlock)
        {
            return;
        }

        ReadOnlyMemory<byte> fresh = _block.AsMemory(_flushedInBlock, _inBlock - _flushedInBlock);
        long offset = _trailer.Length - fresh.Length;
        if (_tail is null && !await _file.TryWriteAsync(fresh, offset, cancellationToken))
        {
            LeaveDisk();
        }

        _flushedInBlock = _inBlock;
        _tail?.Append(offset, fresh);
        lock (_gate)
        {
            _readable = _trailer.Releasable;
            Pulse();
        }

        if (_tail is not null)
        {
            await _tail.WaitForReadersAsync(SlowestReader, cancellationToken);
        }
    }

    /// <summary>Shows readers how far the source says it is; dropped when there was much of it.</summary>
    public void ShowProgress(ReadOnlySequence<byte> text)
    {
        Hear();
        lock (_gate)
        {
            if (_progressBytes + text.Length <= MaxProgressBytes)
            {
                _progressBytes += (int)text.Length;
                _progress.Add(text.ToArray());
                Pulse();
            }
        }
    }

    /// <summary>The source has ended well: the trailer is compared, and only now leaves.</summary>
    /// <exception cref="FillFailedException">The pack is not whole.</exception>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        if (!_trailer.IsWhole())
        {
            throw new FillFailedException("the pack's trailer does not agree with its content");
        }

        EndBlock();
        lock (_gate)
        {
            _readable = _trailer.Length;
            _whole = true;
            Pulse();
        }

        if (_tail is not null)
        {
            await _tail.WaitForReadersAsync(SlowestReader, cancellationToken);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _trailer.Dispose();
        _stopping.Dispose();
        _file.Dispose();
        ArrayPool<byte>.Shared.Return(_block);
    }

    internal void Fail(Exception failure)
    {
        lock (_gate)
        {
            if (!_whole)
            {
                _failure ??= failure;
                Pulse();
            }
        }
    }

    /// <summary>The reading of whoever began it.</summary>
    internal FillReader Start()
    {
        lock (_gate)
        {
            return Attach(new FillReader(this, isStarter: true, joinedWhole: false, progressSeen: 0, Timeout.InfiniteTimeSpan));
        }
    }

    /// <summary>
    /// Begins one more reading; false where the bytes from the start on are no longer all to be had, not by others, or where nothing has
    /// come for so
    /// long that others leave, though this reader may be more patient.
    /// </summary>
    internal bool TryAttach(TimeSpan patience, [NotNullWhen(true)] out FillReader? reader)
    {
        lock (_gate)
        {
            if (
                _failure is not null
                || _tail is not null
                || _damaged
                || _abandoned
                || _stopping.IsCancellationRequested
                || _share == FillShare.StarterOnly
                || (!_whole && patience != Timeout.InfiniteTimeSpan && _silence.Exhausts(Patience))
            )
            {
                reader = null;
                return false;
            }

            reader = Attach(new FillReader(this, isStarter: false, _whole && _share == FillShare.Everybody, _progress.Count, patience));
            return true;
        }
    }

    private FillReader Attach(FillReader reader)
    {
        _readers.Add(reader);
        _attached++;
        return reader;
    }

    /// <summary>A reading ends. The last one ends the fill as well, unless the answer is worth having anyhow.</summary>
    internal void Detach(FillReader reader)
    {
        bool last;
        lock (_gate)
        {
            _attached--;
            _abandoned |=
                _attached == 0
                && !_whole
                && _failure is null
                && !(Plan.KeepAtOnce && !_outdated && _tail is null && _share != FillShare.StarterOnly);
        }

        if (_abandoned)
        {
            // While this reader is still attached, so that what it cancels is not disposed under it.
            _stopping.Cancel();
        }

        lock (_gate)
        {
            _readers.Remove(reader);
            last = _readers.Count == 0 && _settled;
            Pulse();
        }

        if (last)
        {
            Dispose();
        }
    }

    /// <summary>The writer has ended and the file has gone where it goes; what is open stays open for the readers left.</summary>
    internal void Settle()
    {
        bool last;
        lock (_gate)
        {
            _settled = true;
            last = _readers.Count == 0;
        }

        if (last)
        {
            Dispose();
        }
    }

    internal void MarkDamaged()
    {
        lock (_gate)
        {
            _damaged = true;
        }
    }

    /// <summary>What a reader at <paramref name="position"/> may do next, or the task to wait for.</summary>
    internal (PackStep? Step, Task Pulse) Look(bool isStarter, long position, int leftInBlock, ref int progressSeen)
    {
        lock (_gate)
        {
            if (progressSeen < _progress.Count)
            {
                return (new PackStep(PackStepKind.Progress, Text: _progress[progressSeen++]), Task.CompletedTask);
            }

            ThrowIfNotFor(isStarter);
            bool mayRead = isStarter || _share == FillShare.Everybody;
            if (_prologue is not null && position < _readable && mayRead)
            {
                return (new PackStep(PackStepKind.Bytes, (int)Math.Min(leftInBlock, _readable - position)), Task.CompletedTask);
            }

            if (_failure is not null)
            {
                throw Failure();
            }

            return (_whole && mayRead ? new PackStep(PackStepKind.End) : null, _pulse.Task);
        }
    }

    /// <summary>Waits until the answer may begin.</summary>
    internal async Task WaitForPrologueAsync(bool isStarter, TimeSpan patience, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task pulse;
            lock (_gate)
            {
                ThrowIfNotFor(isStarter);
                if (_prologue is not null)
                {
                    return;
                }

                if (_failure is not null)
                {
                    throw Failure();
                }

                pulse = _pulse.Task;
            }

            await WaitAsync(pulse, patience, cancellationToken);
        }
    }

    /// <summary>Waits for something to happen, but not longer than the source may be silent.</summary>
    /// <exception cref="FillFailedException">It was silent for longer.</exception>
    internal async Task WaitAsync(Task pulse, TimeSpan patience, CancellationToken cancellationToken)
    {
        // What is whole is not waited for by this reader because of its source.
        if (!await _silence.WaitAsync(pulse, _whole ? Timeout.InfiniteTimeSpan : patience, cancellationToken) && !_whole)
        {
            throw new FillFailedException("the source is silent");
        }
    }

    /// <summary>The caller has the lock.</summary>
    private void ThrowIfNotFor(bool isStarter)
    {
        if (!isStarter && _share == FillShare.StarterOnly)
        {
            throw new FillFailedException("the answer may hold more than those were shown who follow it") { IsForStarterOnly = true };
        }
    }

    private void SetShare(FillShare from, FillShare to)
    {
        lock (_gate)
        {
            if (_share == from)
            {
                _share = to;
                Pulse();
            }
        }
    }

    /// <summary>Waits until the answer is whole; false where it never will be.</summary>
    internal async Task<bool> WaitForEndAsync(CancellationToken cancellationToken)
    {
        await WaitForAsync(() => _whole || _failure is not null, cancellationToken);
        return _whole;
    }

    /// <summary>Waits until it is known who may read the answer.</summary>
    internal Task WaitForShareAsync(CancellationToken cancellationToken) =>
        WaitForAsync(() => _share != FillShare.Undecided || _failure is not null, cancellationToken);

    internal void Read(Span<byte> destination, long offset)
    {
        FillTail? tail = Volatile.Read(ref _tail);
        if (tail is null || offset + destination.Length <= tail.Start)
        {
            _file.Read(destination, offset);
        }
        else
        {
            tail.Read(_file, destination, offset);
        }
    }

    /// <summary>A reader took bytes: whoever waits for the slowest one looks again.</summary>
    internal void Advanced()
    {
        if (Volatile.Read(ref _tail) is { } tail)
        {
            tail.ReaderAdvanced();
        }
    }

    /// <summary>The sum of a block that is finished; null where it is not yet known, or never was on disk.</summary>
    internal uint? SumOf(int block)
    {
        lock (_gate)
        {
            return block < _sums.Count ? _sums[block] : null;
        }
    }

    internal bool IsAtEnd(long position)
    {
        lock (_gate)
        {
            return _whole && position == _trailer.Length;
        }
    }

    private async Task WaitForAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task pulse;
            lock (_gate)
            {
                if (condition())
                {
                    return;
                }

                pulse = _pulse.Task;
            }

            await pulse.WaitAsync(cancellationToken);
        }
    }

    private FillFailedException Failure() => _failure as FillFailedException ?? new FillFailedException(_failure!.Message, inner: _failure);

    private static TaskCompletionSource NewPulse() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void EndBlock()
    {
        if (_inBlock > 0)
        {
            uint sum = BlockSums.Append(BlockSums.Seed, _block.AsSpan(0, _inBlock));
            lock (_gate)
            {
                _sums.Add(sum);
            }

            _inBlock = _flushedInBlock = 0;
        }
    }

    private void LeaveDisk()
    {
        lock (_gate)
        {
            _tail = new FillTail(_trailer.Length - (_inBlock - _flushedInBlock));
            if (_share == FillShare.Undecided)
            {
                // The window waits for the slowest reader, and those would wait for it.
                _share = FillShare.StarterOnly;
                Pulse();
            }
        }
    }

    private long? SlowestReader()
    {
        lock (_gate)
        {
            long? slowest = null;
            foreach (FillReader reader in _readers)
            {
                slowest = Math.Min(slowest ?? long.MaxValue, reader.Position);
            }

            return slowest;
        }
    }

    private void Pulse()
    {
        TaskCompletionSource pulse = _pulse;
        _pulse = NewPulse();
        pulse.SetResult();
        _tail?.ReaderAdvanced();
    }
}
