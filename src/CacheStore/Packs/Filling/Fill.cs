using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Waystation.CacheStore.Packs.Storing;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Packs;
using Waystation.GitProtocol.Responses;

namespace Waystation.CacheStore.Packs.Filling;

/// <summary>
/// One writer that puts one response into the cache, while any number of readers follow it.
/// <code>
///   source ──► Fill ──► GrowingFile ──► FillReader ──► client
///                └ trailer         └──► FillReader ──► client      each at its own speed
/// </code>
/// <see cref="GrowingFile"/> moves the bytes. This has the parts that only packs have: the sections before the packfile, the trailer,
/// progress, the readers that may have the pack, and whether it is kept. A fill does not know the source of its bytes, nor what happens
/// to the file:
/// <see cref="FillTable"/> does.
/// </summary>
public sealed class Fill : IDisposable
{
    /// <summary>
    /// How long a follower that has read nothing waits for a silent source. git's servers send something every 5 seconds
    /// (uploadpack.keepAlive), and a far, slow server still answers within 10.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Guards the readers and the end.</summary>
    private readonly Lock _gate = new();
    private readonly SourceSilence _silence;
    private readonly GrowingFile _file;
    private readonly PackTrailerCheck _trailer;
    private readonly CancellationTokenSource _stopping;
    private readonly FillSharing _sharing;
    private readonly FillProgress _progress = new();

    private FetchPrologue? _prologue;
    private FillOutcome? _ending;
    private FillSource _source;
    private bool _hasStarter = true;
    private volatile bool _holdsUntilWhole;
    private volatile bool _isAtKeeper;
    private volatile bool _isOfStrangers;
    private int _readers;
    private int _users = 1; // the writer

    internal Fill(FillPlan plan, SpoolFile file, TimeProvider time, CancellationToken nodeStopping)
    {
        Plan = plan;
        _isAtKeeper = plan.AsksKeeper;
        _isOfStrangers = plan.IsOfStranger;
        MadeAt = time.GetUtcNow();
        _silence = new SourceSilence(time);
        _trailer = new PackTrailerCheck(plan.ObjectFormat);
        _file = new GrowingFile(file, plan.ObjectFormat.DigestLength, LeaveDisk);
        _sharing = new FillSharing(plan.KeepAtOnce);
        _stopping = CancellationTokenSource.CreateLinkedTokenSource(nodeStopping);
    }

    /// <summary>The purpose of the fill.</summary>
    public FillPlan Plan { get; }

    /// <summary>Cancelled when the node stops, or when no client wants this response any more.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Whether readers may have begun their responses: a failure now ends those.</summary>
    public bool HasBegun => Prologue is not null;

    /// <summary>Whether it is decided which readers may have the pack.</summary>
    public bool IsDecided => _sharing.Share != FillShare.Undecided;

    /// <summary>Whether only strangers have asked for the pack until now.</summary>
    public bool IsOfStrangers => _isOfStrangers;

    internal DateTimeOffset MadeAt { get; }

    internal GrowingFile File => _file;

    internal FetchPrologue? Prologue => Volatile.Read(ref _prologue);

    internal FillSource Source => _source;

    /// <summary>See <see cref="HoldUntilWhole"/>.</summary>
    internal bool HoldsUntilWhole => _holdsUntilWhole;

    /// <summary>Whether it is whole, on disk, without known damage, and free for every reader with the key.</summary>
    internal bool IsStorable => _file.State == FillState.Whole && _sharing.IsStorable;

    /// <summary>Whether its pack may be kept for every reader with the key, if it comes into the store in another way than as this file.
    /// </summary>
    public bool MayBeKept => _sharing.IsStorable;

    /// <summary>From now on it is not kept, and no reader joins it.</summary>
    internal void KeepNothing() => _sharing.Lower(Retention.Never);

    /// <summary>A known client asks for it as well.</summary>
    internal void LeaveStrangers() => _isOfStrangers = false;

    /// <summary>It will not be asked for any more: it ends with its last reader.</summary>
    internal void EndWithLastReader() => _sharing.Lower(Retention.WhileFollowed);

    /// <summary>
    /// Whether another node is asked and its response has not begun. A question of another node must not wait for such a fill: two nodes
    /// that take each other for the keeper would wait for ever.
    /// </summary>
    public bool IsAtKeeper => _isAtKeeper && !HasBegun;

    /// <summary>The other node does not make the pack: this one does.</summary>
    public void LeaveKeeper() => _isAtKeeper = false;

    /// <summary>The source is asked now: from here on its silence counts.</summary>
    public void ExpectSource() => Hear();

    /// <summary>The source has sent something, if only a keepalive.</summary>
    public void Hear() => _silence.End();

    /// <summary>
    /// Only the starter reads the pack until <see cref="Share"/> or <see cref="KeepToStarter"/>; the others get the sections before it.
    /// Call it before <see cref="Begin"/>.
    /// </summary>
    public void HoldBack() => SetShare(FillShare.Everybody, FillShare.Undecided);

    /// <summary>
    /// No reader gets a byte of the pack before it is whole, so that another source can take the place of one that fails. If the disk
    /// refuses, readers get the bytes at once. Call it before <see cref="Begin"/>.
    /// </summary>
    public void HoldUntilWhole() => _holdsUntilWhole = true;

    /// <summary>The pack has exactly the objects that its key says.</summary>
    public void Share() => SetShare(FillShare.Undecided, FillShare.Everybody);

    /// <summary>The pack may have more objects than its key says: no other reader gets it, and it is not kept.</summary>
    public void KeepToStarter()
    {
        _sharing.KeepToStarter();
        _file.Pulse();
    }

    /// <summary>Whether the header of the pack has come: from then on its objects are fixed.</summary>
    public bool HasHeader => _file.Readable > 0;

    /// <summary>Waits for the header of the pack.</summary>
    public Task WaitForHeaderAsync(CancellationToken cancellationToken) =>
        _file.WaitForAsync(() => HasHeader || _file.State != FillState.Filling, cancellationToken);

    /// <summary>The sections before the packfile are known: readers may begin their responses.</summary>
    /// <param name="prologue">These sections.</param>
    /// <param name="source">The source of the response.</param>
    public void Begin(FetchPrologue prologue, FillSource source)
    {
        ArgumentNullException.ThrowIfNull(prologue);
        Hear();
        _file.Open();
        _source = source;
        Volatile.Write(ref _prologue, prologue);
        _file.Pulse();
    }

    /// <summary>Takes pack bytes, unframed.</summary>
    public async ValueTask WriteAsync(ReadOnlySequence<byte> pack, CancellationToken cancellationToken)
    {
        Hear();
        foreach (ReadOnlyMemory<byte> segment in pack)
        {
            _trailer.Append(segment.Span);
            await _file.WriteAsync(segment, cancellationToken);
        }
    }

    /// <summary>Shows readers the bytes so far; called when the source has nothing more just now.</summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => _file.FlushAsync(cancellationToken);

    /// <summary>Shows readers the progress text of the source; dropped when there was much of it.</summary>
    public void ShowProgress(ReadOnlySequence<byte> text)
    {
        Hear();
        if (_progress.TryAdd(text))
        {
            _file.Pulse();
        }
    }

    /// <summary>The source has ended well: the trailer is compared, and only now leaves.</summary>
    public async ValueTask<FillOutcome> CompleteAsync(CancellationToken cancellationToken)
    {
        await _file.FlushAsync(cancellationToken);
        return !_trailer.IsWhole() ? new FillOutcome.Broken("the pack's trailer does not agree with its content")
            : await _file.CompleteAsync(cancellationToken) ? FillOutcome.Whole
            : Ending;
    }

    /// <summary>The reading of the client that began the fill.</summary>
    internal FillReader Start()
    {
        lock (_gate)
        {
            return Attach(_file.TryFollow()!, isStarter: true, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>
    /// Begins one more reading. False if not all bytes from the start are available, if other readers may not have them, or if the source
    /// has been silent for so long that readers leave, though this reader may be more patient.
    /// </summary>
    internal bool TryAttach(TimeSpan patience, [NotNullWhen(true)] out FillReader? reader)
    {
        lock (_gate)
        {
            FillState state = _file.State;
            bool isSilent = state == FillState.Filling && patience != Timeout.InfiniteTimeSpan && _silence.Exhausts(Patience);
            reader =
                state != FillState.Failed
                && _sharing.Retention != Retention.Never
                && !isSilent
                && !_stopping.IsCancellationRequested
                && _file.TryFollow() is { } follower
                    ? Attach(follower, isStarter: false, patience)
                    : null;
            return reader is not null;
        }
    }

    /// <summary>The caller has the lock.</summary>
    private FillReader Attach(Follower follower, bool isStarter, TimeSpan patience)
    {
        _readers++;
        _users++;
        bool joinedWhole = _file.State == FillState.Whole && _sharing.Share == FillShare.Everybody;
        return new FillReader(this, follower, isStarter, joinedWhole, isStarter ? 0 : _progress.Count, patience);
    }

    /// <summary>A reading ends. The last one ends the fill as well, unless the pack is worth keeping anyway.</summary>
    internal async ValueTask DetachAsync(Follower follower, bool isStarter)
    {
        bool isAbandoned;
        IAsyncDisposable? untaken = null;
        lock (_gate)
        {
            isAbandoned =
                --_readers == 0 && _sharing.Retention != Retention.Always && TryEnd(new FillOutcome.Broken("nobody follows any more"));
            if (isStarter)
            {
                _hasStarter = false;
                untaken = TakeReply();
            }
        }

        if (isAbandoned)
        {
            await _stopping.CancelAsync();
        }

        follower.Dispose();
        if (untaken is not null)
        {
            await untaken.DisposeAsync();
        }

        Release();
    }

    /// <summary>The writer has ended, and the file is stored or deleted. Open handles stay open for the readers that are left.</summary>
    public void Dispose() => Release();

    /// <summary>The fill ends without a pack. A reply that no reader can take any more is disposed.</summary>
    internal async ValueTask EndAsync(FillOutcome outcome)
    {
        bool isTaken;
        lock (_gate)
        {
            isTaken = TryEnd(outcome) && _hasStarter;
        }

        _file.Pulse();
        if (!isTaken && outcome is FillOutcome.NoPack { Reply: var reply })
        {
            await reply.DisposeAsync();
        }
    }

    internal void MarkDamaged() => _sharing.Lower(Retention.Never);

    /// <summary>The next step of a reader; null if it must wait.</summary>
    internal FillStep? Look(Follower follower, bool isStarter, ref int progressSeen)
    {
        lock (_gate)
        {
            // Before the texts: the last text of a whole fill comes before its end.
            FillState state = _file.State;
            if (_progress.TryNext(ref progressSeen, out ReadOnlyMemory<byte> text))
            {
                return new FillStep(new PackStep(PackStepKind.Progress, Text: text));
            }

            FillShare share = _sharing.Share;
            if (!isStarter && share == FillShare.StarterOnly)
            {
                return new FillStep(FillOutcome.Withheld);
            }

            bool mayRead = isStarter || share == FillShare.Everybody;
            bool isHeld = _holdsUntilWhole && state != FillState.Whole;
            if (_prologue is not null && mayRead && !isHeld && follower.Available is > 0 and var available)
            {
                return new FillStep(new PackStep(PackStepKind.Bytes, available));
            }

            return state switch
            {
                FillState.Failed => new FillStep(isStarter ? Ending : Ending.ForFollowers),
                FillState.Whole when mayRead => new FillStep(new PackStep(PackStepKind.End)),
                _ => null,
            };
        }
    }

    /// <summary>Whether it is known how the response begins.</summary>
    /// <param name="isStarter">Whether the reader began the fill. It takes the reply of a <see cref="FillOutcome.NoPack"/>.</param>
    /// <param name="ending">Null if the response begins, or if that is not known yet; else how the fill ended before.</param>
    internal bool TryLookAtStart(bool isStarter, out FillOutcome? ending)
    {
        lock (_gate)
        {
            ending =
                !isStarter && _sharing.Share == FillShare.StarterOnly ? FillOutcome.Withheld
                : _prologue is not null || _file.State != FillState.Failed ? null
                : isStarter ? TakeEnding()
                : Ending.ForFollowers;
            return ending is not null || _prologue is not null;
        }
    }

    /// <summary>Waits for a change, but not longer than the source may be silent; false after that.</summary>
    internal async Task<bool> WaitAsync(Task changed, TimeSpan patience, CancellationToken cancellationToken)
    {
        // A whole fill needs no source, so the reader's patience with the source does not count.
        TimeSpan most = _file.State == FillState.Whole ? Timeout.InfiniteTimeSpan : patience;
        return await _silence.WaitAsync(changed, most, cancellationToken) || _file.State == FillState.Whole;
    }

    /// <summary>Waits until the pack is whole; false if it never will be.</summary>
    internal async Task<bool> WaitForEndAsync(CancellationToken cancellationToken)
    {
        await _file.WaitForAsync(() => _file.State != FillState.Filling, cancellationToken);
        return _file.State == FillState.Whole;
    }

    private FillOutcome Ending => _ending ?? throw new InvalidOperationException("the fill has not ended");

    /// <summary>The caller has the lock.</summary>
    private bool TryEnd(FillOutcome outcome)
    {
        if (!_file.TryFail())
        {
            return false;
        }

        _ending = outcome;
        return true;
    }

    /// <summary>The outcome for the starter, which takes the reply as well. The caller has the lock.</summary>
    private FillOutcome TakeEnding()
    {
        FillOutcome ending = Ending;
        TakeReply();
        return ending;
    }

    /// <summary>The caller has the lock.</summary>
    private IAsyncDisposable? TakeReply()
    {
        if (_ending is not FillOutcome.NoPack { Reply: var reply })
        {
            return null;
        }

        _ending = _ending.ForFollowers;
        return reply;
    }

    private void SetShare(FillShare from, FillShare to)
    {
        _sharing.Move(from, to);
        _file.Pulse();
    }

    private void LeaveDisk()
    {
        // Readers that wait would make the window in memory wait for them.
        _holdsUntilWhole = false;
        _sharing.LeaveDisk();
        _file.Pulse();
    }

    private void Release()
    {
        lock (_gate)
        {
            if (--_users > 0)
            {
                return;
            }
        }

        _trailer.Dispose();
        _stopping.Dispose();
        _file.Dispose();
    }
}
