using System.Collections.Immutable;
using System.Diagnostics;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Flights;
using Waystation.CacheStore.Mirrors.Reading;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// A bare repository on disk that follows one at the primary. git makes packs from it.
/// <code>
///   FOLDER/record      repository, and whether there may be orphans
///   FOLDER/stamps      stamps of its files at their last check
///   FOLDER/tip/        an object folder with the newest commit and its files once more, packed for clones of little depth
///   FOLDER/tip-stamps  stamps of these files
///   FOLDER/git/        the repository; its packs have the objects that refs lead to, and some orphans until these are sorted out
///   FOLDER/orphans/    an object folder with the objects that no ref leads to any more
/// </code>
/// Two rules hold always. The closure of every object in <c>git/</c> is there as well. Every file of <c>git/</c> and <c>tip/</c> was
/// checked whole before it came, and is compared with its stamp before each response.
/// <para>
/// A node may have very many mirrors, most of them unused. So refs and stamps are read from the disk at the first use, and
/// <see cref="MirrorSet.Release"/> takes them out of memory some time after the last one. Every change of them is on the disk before anyone
/// sees it.
/// </para>
/// </summary>
public sealed class Mirror
{
    private readonly Lock _gate = new();

    /// <summary>Taken last: a reading may change the record as well as the holder of the turn.</summary>
    private readonly Lock _recordGate = new();
    private readonly HashSet<MirrorLease> _leases = [];
    private readonly Places _turn = new(1);
    private readonly Worths _worths;
    private readonly Action<Mirror> _askForUpkeep;
    private readonly ObjectReaders _readers;
    private RepositoryFiles? _skeleton;
    private MirrorRefs? _refs;
    private FileStamp? _refsStamp;
    private ImmutableHashSet<string> _replaced = [];
    private ImmutableHashSet<string> _replacedTip = [];
    private MirrorRecord _record;
    private volatile bool _hasKnownUse;
    private bool _isRetired;
    private bool _isSwept;
    private long _usedAt = Stopwatch.GetTimestamp();
    private TimeSpan _idleBefore;
    private long _openedAt = Stopwatch.GetTimestamp();
    private long _changes;
    private long _upkeepAsked;
    private int _refCount = -1;

    /// <param name="folder">Its folder.</param>
    /// <param name="record">The record in this folder.</param>
    /// <param name="worths">The ages of what is evicted.</param>
    /// <param name="readers">The processes of git that are kept for look-ups.</param>
    /// <param name="askForUpkeep">Called when it has changed so that upkeep has something to do, outside its locks.</param>
    internal Mirror(string folder, MirrorRecord record, Worths worths, ObjectReaders readers, Action<Mirror> askForUpkeep)
    {
        _worths = worths;
        _readers = readers;
        _askForUpkeep = askForUpkeep;
        _record = record;
        AgeAtUse = worths.Of(IsOfStrangers).Value;
        Folder = folder;
        Name = new RepositoryName(record.Host, record.Path);
        ObjectFormat = ObjectFormats.TryParse(record.ObjectFormat, out ObjectFormat format)
            ? format
            : throw new InvalidDataException("an unknown object format");
        Stamps = new FileStamps(Objects, Path.Combine(folder, "stamps"), EndReaders);
        TipStamps = new FileStamps(Tip, Path.Combine(folder, "tip-stamps"));
        LastUsed = File.GetLastWriteTimeUtc(Path.Combine(folder, "record"));
        _idleBefore = DateTime.UtcNow - LastUsed is { Ticks: > 0 } idle ? idle : TimeSpan.Zero;
    }

    /// <summary>Whose.</summary>
    public RepositoryName Name { get; }

    /// <summary>Its hash function.</summary>
    public ObjectFormat ObjectFormat { get; }

    /// <summary>Its refs, as one unchanging whole.</summary>
    /// <exception cref="IOException">They were out of memory, and their file is damaged now.</exception>
    public MirrorRefs Refs => Volatile.Read(ref _refs) ?? ReadRefsAgain();

    /// <summary>The number of its refs.</summary>
    /// <exception cref="IOException">As for <see cref="Refs"/>.</exception>
    public int RefCount => Volatile.Read(ref _refCount) is >= 0 and var known ? known : Refs.Tips.Count;

    /// <summary>Whether it may have objects that no ref leads to.</summary>
    public bool HoldsOrphans => Volatile.Read(ref _record) is { HoldsOrphans: true } or { IsUnsettled: true } or { IsUnproven: true };

    /// <summary>Whether a stranger's fetch began it and no known client has used it.</summary>
    public bool IsOfStrangers => Volatile.Read(ref _record).IsOfStrangers;

    /// <summary>Whether a known client has used it since the node started.</summary>
    public bool HasKnownUse => _hasKnownUse;

    /// <summary>
    /// A generation: it is raised before objects come and when refs change. While it stays the same, earlier findings hold.
    /// </summary>
    public long Changes => Interlocked.Read(ref _changes);

    /// <summary>Whether there are orphans that upkeep may sort out; those of a sync in progress do not count.</summary>
    internal bool HasSettledOrphans => Volatile.Read(ref _record).HoldsOrphans;

    /// <summary>Upkeep has yet to see whether refs lead to all of it.</summary>
    internal bool IsUnproven => Volatile.Read(ref _record).IsUnproven;

    /// <summary>Whether it has changed since upkeep had nothing left to do.</summary>
    public bool NeedsUpkeep => Volatile.Read(ref _record).UpkeptBytes is null;

    /// <summary>Bytes of its packs and of the files that belong to them.</summary>
    public long Bytes =>
        Stamps.IsMeasured && TipStamps.IsMeasured ? Stamps.Bytes + TipStamps.Bytes
        : Volatile.Read(ref _record).UpkeptBytes is { } bytes ? bytes
        : Stamps.Bytes + TipStamps.Bytes;

    /// <summary>Raised by each call for upkeep.</summary>
    internal long UpkeepAsked => Interlocked.Read(ref _upkeepAsked);

    /// <summary>Whether its refs or stamps are in memory.</summary>
    internal bool IsOpen => Volatile.Read(ref _refs) is not null || Stamps.AreLoaded || TipStamps.AreLoaded;

    internal string Folder { get; }

    internal string Repository => Path.Combine(Folder, "git");

    internal string Objects => Path.Combine(Repository, "objects");

    internal string Orphans => Path.Combine(Folder, "orphans");

    internal string Tip => Path.Combine(Folder, "tip");

    internal FileStamps Stamps { get; }

    internal FileStamps TipStamps { get; }

    /// <summary>The packs that came last.</summary>
    public ReceivedPacks Received { get; } = new();

    /// <summary>What is known of its history without a look.</summary>
    internal KnownChildren Children { get; } = new();

    /// <summary>Replaced packs that may still have readers; upkeep deletes them. After a restart there are no readers.</summary>
    internal ImmutableHashSet<string> Replaced
    {
        get => Volatile.Read(ref _replaced);
        set => Volatile.Write(ref _replaced, value);
    }

    /// <summary>The same for files of <see cref="Tip"/>.</summary>
    internal ImmutableHashSet<string> ReplacedTip
    {
        get => Volatile.Read(ref _replacedTip);
        set => Volatile.Write(ref _replacedTip, value);
    }

    /// <summary>Whether it has a reader now.</summary>
    internal bool IsRead
    {
        get
        {
            lock (_gate)
            {
                return _leases.Count > 0;
            }
        }
    }

    /// <summary>Whether it is read or changed now.</summary>
    internal bool IsInUse => IsRead || _turn.AreTaken;

    /// <summary>The age of the evicted things when it was last used or changed: the part of its worth that grows old.</summary>
    internal double AgeAtUse { get; private set; }

    /// <summary>There is something in <see cref="Tip"/>, as it was made.</summary>
    internal bool HasTip => TipStamps.Bytes > 0 && TipStamps.AllHold();

    /// <summary>The time when a response was last made from it, in UTC; after a restart, the time of its last change.</summary>
    public DateTime LastUsed { get; private set; }

    /// <summary>The time since its last use or change, by a clock that does not jump.</summary>
    public TimeSpan Idle => _idleBefore + Stopwatch.GetElapsedTime(Interlocked.Read(ref _usedAt));

    private string PackedRefs => Path.Combine(Repository, "packed-refs");

    /// <summary>Whether a file is not as it was left, so that nobody reads the mirror until upkeep has checked it.</summary>
    public bool IsInDoubt => !Stamps.AllHold();

    /// <summary>Begins a reading; null if the stamp of a file differs, or the mirror is gone.</summary>
    /// <param name="isForStrangers">Whether only strangers want the response. Such a reading makes a mirror of known clients worth no
    /// more.</param>
    public MirrorLease? TryRead(bool isForStrangers = false)
    {
        lock (_gate)
        {
            if (_isRetired)
            {
                return null;
            }

            if (Stamps.AllHold())
            {
                Mend();
                if (!isForStrangers)
                {
                    _hasKnownUse = true;
                    LeaveStrangers();
                }

                Touch(isForStrangers);
                var lease = new MirrorLease(this, End);
                _leases.Add(lease);
                return lease;
            }
        }

        // The stamps say so at the next start as well, so the record need not.
        Interlocked.Increment(ref _upkeepAsked);
        _askForUpkeep(this);
        return null;
    }

    /// <summary>Upkeep has something to do; a node that is killed now knows it at its next start.</summary>
    internal void AskForUpkeep()
    {
        NoteUpkeepAsked();
        _askForUpkeep(this);
    }

    /// <summary>Upkeep had nothing left to do.</summary>
    /// <param name="asked">The value of <see cref="UpkeepAsked"/> before upkeep looked. What was asked for since is still to be
    /// done.</param>
    internal void NoteUpkept(long asked)
    {
        Record(record =>
            asked == UpkeepAsked && !record.IsUnsettled ? record with { UpkeptBytes = Stamps.Bytes + TipStamps.Bytes } : record
        );
        KeepDate();
    }

    /// <summary>How its LFS objects were chosen when all of them had been fetched ahead; null if it has changed since.</summary>
    public string? PrefetchedBy => Volatile.Read(ref _record).PrefetchedBy;

    /// <summary>All of its LFS objects have been fetched ahead.</summary>
    /// <param name="by">How they were chosen.</param>
    /// <param name="changes">The value of <see cref="Changes"/> before the refs were looked at.</param>
    public void NotePrefetched(string by, long changes)
    {
        Record(record => changes == Changes && !record.IsUnsettled ? record with { PrefetchedBy = by } : record);
        KeepDate();
    }

    /// <summary>Background work is no use: after a restart the date of the record is that of the last use.</summary>
    private void KeepDate() => File.SetLastWriteTimeUtc(Path.Combine(Folder, "record"), LastUsed);

    /// <summary>Reads the refs, if they are not in memory.</summary>
    /// <param name="sweep">Deletes what an earlier run left unfinished. It is called before the first use, so nothing is unfinished
    /// now.</param>
    /// <exception cref="InvalidDataException">They are damaged.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    internal void Open(Action<Mirror> sweep)
    {
        Interlocked.Exchange(ref _openedAt, Stopwatch.GetTimestamp());
        if (Volatile.Read(ref _refs) is not null)
        {
            return;
        }

        lock (_gate)
        {
            if (!_isSwept)
            {
                sweep(this);
                _isSwept = true;
            }

            ReadRefs();
        }
    }

    /// <summary>Takes refs and stamps out of memory if nothing has used them for so long.</summary>
    internal void Release(TimeSpan unused)
    {
        if (!IsOpen || Stopwatch.GetElapsedTime(Interlocked.Read(ref _openedAt)) < unused)
        {
            return;
        }

        lock (_gate)
        {
            // A file that differs is written again by the next reader, for which the refs must be here.
            if (!IsInUse && (_refs is null || FileStamp.Of(PackedRefs) == _refsStamp))
            {
                Volatile.Write(ref _refs, null);
                _skeleton = null;
                Received.Clear();
                Stamps.Release();
                TipStamps.Release();
            }
        }
    }

    /// <summary>The repository in which git is started. The files that git reads at every start are checked first.</summary>
    internal string FitForGit()
    {
        try
        {
            lock (_gate)
            {
                if (!_isRetired)
                {
                    Mend();
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk cannot be written. git reports its own failure.
        }

        return Repository;
    }

    /// <summary>Asks a kept git about objects.</summary>
    /// <param name="withOrphans">Whether orphans count.</param>
    /// <param name="ask">Asks; once more from the beginning if the kept git has ended.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task AskAsync(bool withOrphans, Func<ObjectReader, Task> ask, CancellationToken cancellationToken)
    {
        var source = new ObjectSource(FitForGit(), withOrphans && Directory.Exists(Orphans) ? Orphans : null, ObjectFormat);
        try
        {
            await _readers.AskAsync(source, ask, cancellationToken);
        }
        finally
        {
            if (IsRetired)
            {
                EndReaders();
            }
        }
    }

    /// <summary>Objects have gone, or the files that they lay in: no git that may have these open is kept.</summary>
    internal void EndReaders() => _readers.End(Repository);

    /// <summary>Writes refs, HEAD and configuration again if they differ from the written ones. The caller has the lock.</summary>
    private void Mend()
    {
        (_skeleton ??= new RepositoryFiles(Repository, ObjectFormat)).Mend();
        MendRefs();
    }

    private MirrorRefs ReadRefsAgain()
    {
        try
        {
            return ReadRefs();
        }
        catch (InvalidDataException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private MirrorRefs ReadRefs()
    {
        lock (_gate)
        {
            if (_refs is { } read)
            {
                return read;
            }

            FileStamp? stamp = FileStamp.Of(PackedRefs);
            if (stamp is null && (_refsStamp is not null || Path.Exists(PackedRefs)))
            {
                throw new InvalidDataException("the mirror's refs are gone");
            }

            var refs = MirrorRefs.Read(PackedRefs);
            (_refsStamp, _refCount) = (stamp, refs.Tips.Count);
            Volatile.Write(ref _refs, refs);
            return refs;
        }
    }

    /// <summary>Waits for the one turn to change refs and packs. Disposing the result ends the turn.</summary>
    public Task<IDisposable> ChangeAsync(CancellationToken cancellationToken) => _turn.EnterAsync(cancellationToken);

    /// <summary>Replaces the refs.</summary>
    /// <param name="refs">The new refs.</param>
    /// <param name="mayOrphan">Whether the old refs may leave orphans.</param>
    /// <remarks>The caller has the mirror's turn.</remarks>
    public void SetRefs(MirrorRefs refs, bool mayOrphan)
    {
        ArgumentNullException.ThrowIfNull(refs);
        // The tip's pack has the commit of HEAD.
        bool needsUpkeep = mayOrphan || refs.Find("HEAD")?.Id != Refs.Find("HEAD")?.Id;
        if (mayOrphan)
        {
            Record(static record => record with { HoldsOrphans = true });
        }

        if (needsUpkeep)
        {
            NoteUpkeepAsked();
        }

        lock (_gate)
        {
            // Whoever begins to read compares the file with its stamp, and would write the old refs again.
            refs.Write(PackedRefs, PackedRefs + ".new");
            Volatile.Write(ref _refs, refs);
            (_refsStamp, _refCount) = (FileStamp.Of(PackedRefs), refs.Tips.Count);
        }

        Touch(IsOfStrangers);
        Interlocked.Increment(ref _changes);
        Record(static record => record with { PrefetchedBy = null });
        if (needsUpkeep)
        {
            // Once more: upkeep may have looked before the refs were there.
            AskForUpkeep();
        }
    }

    /// <summary>Writes the refs again if their file differs from the written one; git reads it for every response.</summary>
    private void MendRefs()
    {
        MirrorRefs refs = Refs;
        if (FileStamp.Of(PackedRefs) != _refsStamp)
        {
            refs.Write(PackedRefs, PackedRefs + ".new");
            _refsStamp = FileStamp.Of(PackedRefs);
        }
    }

    private void Touch(bool isForStrangers)
    {
        if (!isForStrangers || IsOfStrangers)
        {
            LastUsed = DateTime.UtcNow;
            AgeAtUse = _worths.Of(IsOfStrangers).Value;
        }

        _idleBefore = TimeSpan.Zero;
        Interlocked.Exchange(ref _usedAt, Stopwatch.GetTimestamp());
    }

    /// <summary>The new objects have their refs now, or are orphans. Does nothing if no objects came.</summary>
    /// <param name="areLedTo">Whether the refs lead to all of them.</param>
    /// <param name="isProven">Whether that was checked; otherwise upkeep checks it.</param>
    /// <remarks>The caller has the mirror's turn.</remarks>
    public void NoteRefsSet(bool areLedTo, bool isProven = true)
    {
        if (Volatile.Read(ref _record).IsUnsettled)
        {
            Record(record =>
                record with
                {
                    IsUnsettled = false,
                    HoldsOrphans = record.HoldsOrphans || !areLedTo,
                    IsUnproven = record.IsUnproven || !isProven,
                }
            );
            AskForUpkeep();
        }
    }

    /// <summary>Objects come now, and their refs only after: a node that is killed in between must know.</summary>
    internal void NoteObjectsComing()
    {
        Interlocked.Increment(ref _upkeepAsked);
        Record(static record => record with { IsUnsettled = true, UpkeptBytes = null, PrefetchedBy = null });
        Interlocked.Increment(ref _changes);
    }

    /// <summary>Nobody reads it from now on.</summary>
    internal void Retire()
    {
        lock (_gate)
        {
            _isRetired = true;
        }

        EndReaders();
    }

    private bool IsRetired
    {
        get
        {
            lock (_gate)
            {
                return _isRetired;
            }
        }
    }

    /// <summary>Waits until all present readers have ended; later ones do not count.</summary>
    internal Task ReadersGoneAsync()
    {
        lock (_gate)
        {
            return Task.WhenAll(_leases.Select(static lease => lease.Ended));
        }
    }

    /// <summary>All that no ref leads to has been taken out, or it was seen that there is none.</summary>
    /// <remarks>The caller has the mirror's turn.</remarks>
    internal void HasNoOrphans() => Record(static record => record with { HoldsOrphans = false, IsUnproven = false });

    /// <summary>There are objects that no ref leads to.</summary>
    internal void HasOrphans() => Record(static record => record with { HoldsOrphans = true, IsUnproven = false });

    /// <summary>A known client uses it. If the disk refuses, the next use tries again.</summary>
    private void LeaveStrangers()
    {
        try
        {
            Record(static record => record with { IsOfStrangers = false });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It can be read all the same.
        }
    }

    private void NoteUpkeepAsked()
    {
        Interlocked.Increment(ref _upkeepAsked);
        try
        {
            Record(static record => record with { UpkeptBytes = null });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk cannot be written. Only a killed node needs the record: the running one is told.
        }
    }

    private void Record(Func<MirrorRecord, MirrorRecord> change)
    {
        lock (_recordGate)
        {
            MirrorRecord old = _record,
                record = change(old);
            if (record != old)
            {
                record.Write(Path.Combine(Folder, "record"));
                Volatile.Write(ref _record, record);
            }
        }
    }

    private void End(MirrorLease lease)
    {
        bool hasUnreadRemains;
        lock (_gate)
        {
            _leases.Remove(lease);
            hasUnreadRemains = _leases.Count == 0 && Replaced.Count + ReplacedTip.Count > 0;
        }

        if (hasUnreadRemains)
        {
            AskForUpkeep();
        }
    }
}
