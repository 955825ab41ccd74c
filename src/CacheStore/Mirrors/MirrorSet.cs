using Microsoft.Extensions.Logging;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors.Reading;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// The mirrors of a node. A mirror is made under a temporary name and renamed when it is whole; it goes the same way back.
/// Folder names come from digests, never from a client's path.
/// </summary>
public sealed class MirrorSet : ISpaceHolder, IAsyncDisposable
{
    /// <summary>
    /// Milliseconds per byte: a mirror is worth as much as an object that came at 10 MB/s and was used 16 times since. All mirrors have the
    /// same, so among mirrors the longest unused goes first.
    /// </summary>
    private const double Worth = 16 * 1e-4;

    private const int LoadedAtOnce = 8;

    private readonly Lock _gate = new();
    private readonly Dictionary<RepositoryName, Mirror> _mirrors = [];
    private readonly DataFolder _folder;
    private readonly MirrorOptions _options;
    private readonly SpaceBudget _budget;
    private readonly GitProgram _git;
    private readonly ObjectReaders _readers;
    private readonly StoreMeters _meters;
    private readonly ILogger<MirrorSet> _logger;
    private Action<RepositoryName>? _whenGivenUp;
    private Action<RepositoryName>? _whenUpkeepAsked;

    /// <summary>Opens the mirrors of the data folder, and deletes those that cannot be read.</summary>
    public MirrorSet(
        DataFolder folder,
        SpaceBudget budget,
        MirrorOptions options,
        GitProgram git,
        StoreMeters meters,
        ILogger<MirrorSet> logger
    )
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(budget);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(meters);
        _folder = folder;
        _budget = budget;
        _options = options;
        _git = git;
        _readers = new ObjectReaders(git, options.MaxLookups, TimeProvider.System);
        _meters = meters;
        _logger = logger;
        Load();
        budget.Add(this);
        meters.ObserveMirrors(() => Bytes, () => All().Count, () => BytesOfStrangers);
    }

    /// <summary>Calls <paramref name="tell"/> for each mirror that was damaged and given up.</summary>
    public void WhenGivenUp(Action<RepositoryName> tell) => _whenGivenUp += tell;

    /// <summary>
    /// Calls <paramref name="tell"/> for each mirror that has changed so that upkeep has something to do. Of mirrors that an earlier run
    /// left so, <see cref="Mirror.NeedsUpkeep"/> tells.
    /// </summary>
    public void WhenUpkeepAsked(Action<RepositoryName> tell) => _whenUpkeepAsked += tell;

    /// <summary>Whether mirrors are kept at all.</summary>
    public bool IsOn => _options.MaxSize > 0 && _folder.IsWritable;

    /// <summary>Bytes of all mirrors.</summary>
    public long Bytes => All().Sum(static mirror => mirror.Bytes);

    /// <summary>Bytes of the mirrors that strangers began and no known client has used.</summary>
    public long BytesOfStrangers => All().Where(static mirror => mirror.IsOfStrangers).Sum(static mirror => mirror.Bytes);

    long ISpaceHolder.MaxBytes => _options.MaxSize;

    /// <summary>All mirrors, in no order.</summary>
    public IReadOnlyList<Mirror> All()
    {
        lock (_gate)
        {
            return [.. _mirrors.Values];
        }
    }

    /// <summary>The mirror of a repository, with its refs in memory; null if there is none.</summary>
    public Mirror? Find(RepositoryName name)
    {
        if (Peek(name) is not { } mirror)
        {
            return null;
        }

        try
        {
            mirror.Open(SweepUnfinished);
            return mirror;
        }
        catch (InvalidDataException e)
        {
            Quarantine(mirror, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk or the system refuses now, perhaps for want of a descriptor. The mirror is not to blame.
            _logger.MirrorNotOpened(name, e);
        }

        return null;
    }

    /// <summary>The mirror of a repository, for what needs no refs; null if there is none.</summary>
    public Mirror? Peek(RepositoryName name)
    {
        lock (_gate)
        {
            return _mirrors.GetValueOrDefault(name);
        }
    }

    /// <summary>Takes refs and stamps of mirrors out of memory that nobody has looked for this long.</summary>
    public void Release(TimeSpan unused)
    {
        foreach (Mirror mirror in All())
        {
            mirror.Release(unused);
        }
    }

    /// <summary>The mirror of a repository, if it has this object format; null if there is none.</summary>
    public Mirror? Find(RepositoryName name, ObjectFormat format) =>
        Find(name) is { } mirror && mirror.ObjectFormat == format ? mirror : null;

    /// <summary>Makes an empty repository that <see cref="Find(RepositoryName)"/> does not return before <see cref="Publish"/>.</summary>
    /// <param name="name">The repository.</param>
    /// <param name="format">Its object format.</param>
    /// <param name="isOfStrangers">Whether a stranger's fetch begins it.</param>
    /// <param name="cancellationToken">Ends the making.</param>
    /// <remarks>Starts a git process.</remarks>
    public async Task<Mirror> PrepareAsync(
        RepositoryName name,
        ObjectFormat format,
        bool isOfStrangers,
        CancellationToken cancellationToken
    )
    {
        string folder = _folder.NewTemporaryPath(".mirror");
        DataFolder.CreatePrivate(folder);
        string repository = Path.Combine(folder, "git");
        GitResult made = await _git.RunAsync(
            new GitCommand("init", "--quiet", "--bare", "--template=", $"--object-format={format.Name}", repository),
            cancellationToken
        );
        made.OrThrow();
        var record = new MirrorRecord
        {
            Host = name.Host,
            Path = name.Path,
            ObjectFormat = format.Name,
            HoldsOrphans = false,
            IsUnsettled = false,
            IsUnproven = false,
            IsOfStrangers = isOfStrangers,
        };
        record.Write(Path.Combine(folder, "record"));
        return new Mirror(folder, record, _budget.Worths, _readers, AskForUpkeep);
    }

    /// <summary>Puts a prepared mirror in its place; one that was there before goes.</summary>
    public Mirror Publish(Mirror prepared)
    {
        ArgumentNullException.ThrowIfNull(prepared);
        Remove(prepared.Name);
        prepared.Retire();
        string target = FolderOf(prepared.Name);
        Mirror mirror;
        lock (_gate)
        {
            DataFolder.CreatePrivate(_folder.Mirrors);
            if (Directory.Exists(target))
            {
                // Left by one that could not be moved away, or written by work on one that was.
                Directory.Move(target, _folder.NewTemporaryPath(".gone"));
            }

            Directory.Move(prepared.Folder, target);
            mirror = new Mirror(target, MirrorRecord.Read(Path.Combine(target, "record")), _budget.Worths, _readers, AskForUpkeep);
            mirror.Open(static _ => { });
            _mirrors[mirror.Name] = mirror;
        }

        _logger.MirrorMade(mirror.Name, mirror.Bytes);
        mirror.AskForUpkeep();
        return mirror;
    }

    private void AskForUpkeep(Mirror mirror) => _whenUpkeepAsked?.Invoke(mirror.Name);

    /// <summary>Throws a prepared mirror away.</summary>
    public static void Discard(Mirror prepared)
    {
        ArgumentNullException.ThrowIfNull(prepared);
        prepared.Retire();
        TryDelete(prepared.Folder);
    }

    /// <summary>Takes a mirror out of use and deletes it. A reading in progress may end early. False if there is none.</summary>
    public bool Remove(RepositoryName name)
    {
        string away = _folder.NewTemporaryPath(".gone");
        lock (_gate)
        {
            if (!_mirrors.Remove(name, out Mirror? mirror))
            {
                return false;
            }

            mirror.Retire();
            try
            {
                Directory.Move(mirror.Folder, away);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _logger.MirrorStuck(name, e);
            }
        }

        TryDelete(away);
        _logger.MirrorRemoved(name);
        return true;
    }

    /// <summary>Gives up a mirror that cannot be trusted. The next clone makes it again.</summary>
    public void Quarantine(Mirror mirror, string reason)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        if (Peek(mirror.Name) == mirror && Remove(mirror.Name))
        {
            _meters.MirrorQuarantined();
            _logger.MirrorQuarantined(mirror.Name, reason);
            _whenGivenUp?.Invoke(mirror.Name);
        }
    }

    /// <summary>Ends the git processes that are kept to look into mirrors.</summary>
    public ValueTask DisposeAsync() => _readers.DisposeAsync();

    /// <summary>Evicts until there is room; false if there never will be.</summary>
    /// <param name="bytes">The bytes to make room for.</param>
    /// <param name="spared">The repository that grows; its mirror stays.</param>
    /// <param name="isOfStrangers">Whether the growing mirror belongs to the strangers.</param>
    public bool TryMakeRoom(long bytes, RepositoryName spared, bool isOfStrangers = false)
    {
        bool hasRoom = _budget.TryMakeRoom(this, bytes, isOfStrangers, spared);
        if (!hasRoom && isOfStrangers && _budget.HoldsBackStrangers)
        {
            _meters.StrangersDeclined("mirror");
        }

        return hasRoom;
    }

    double? ISpaceHolder.LeastWorth(Evictable among, RepositoryName? spared) => First(among, spared)?.AgeAtUse + Worth;

    void ISpaceHolder.TryEvict(Evictable among, RepositoryName? spared)
    {
        if (First(among, spared) is { } mirror)
        {
            long bytes = mirror.Bytes;
            _budget.Worths.Of(mirror.IsOfStrangers).Raise(mirror.AgeAtUse + Worth);
            _logger.MirrorEvicted(mirror.Name, bytes);
            _meters.MirrorEvicted(bytes);
            Remove(mirror.Name);
        }
    }

    /// <summary>The mirror that goes first: the longest unused. Mirrors in use stay.</summary>
    private Mirror? First(Evictable among, RepositoryName? spared) =>
        All()
            .Where(mirror => mirror.Name != spared && !mirror.IsInUse && IsAmong(mirror, among))
            .MinBy(static mirror => (mirror.AgeAtUse, mirror.LastUsed));

    private static bool IsAmong(Mirror mirror, Evictable among) =>
        mirror.IsOfStrangers == (among == Evictable.OfStrangers) && (among != Evictable.LongUnused || mirror.Idle >= Worths.Unused);

    /// <summary>Every file that git made, to be read whole: each ends with a digest of all that is before.</summary>
    internal IEnumerable<ScrubItem> ScrubItems(Mirror mirror) =>
        ItemsOf(mirror, mirror.Objects, mirror.Folder, name => DropDamaged(mirror, name))
            .Concat(ItemsOf(mirror, mirror.Tip, mirror.Tip, name => DropDamagedOfTip(mirror, name)));

    private static IEnumerable<ScrubItem> ItemsOf(Mirror mirror, string objects, string itemsName, Action<string> drop)
    {
        foreach (string name in FileStamps.FilesOf(objects))
        {
            var file = new FileInfo(Path.Combine(objects, name));
            if (file.Exists)
            {
                yield return new ScrubItem(
                    $"{itemsName}/{name}",
                    file.Length,
                    (pace, stopping) => IsWholeAsync(mirror, file.FullName, () => drop(name), pace, stopping)
                );
            }
        }
    }

    private static async Task<bool> IsWholeAsync(Mirror mirror, string path, Action drop, ScrubPace pace, CancellationToken stopping)
    {
        FileStamp? read = FileStamp.Of(path);
        if (
            await TrailingDigest.ReadAsync(path, mirror.ObjectFormat, stopping, pace) is not null
            || read is null
            || FileStamp.Of(path) != read
        )
        {
            return true; // or replaced meanwhile: what took its place was checked when it came
        }

        drop();
        return false;
    }

    private void DropDamaged(Mirror mirror, string name)
    {
        if (name.EndsWith(".pack", StringComparison.Ordinal) || name.EndsWith(".idx", StringComparison.Ordinal))
        {
            Quarantine(mirror, $"{name} is damaged");
        }
        else
        {
            // This file is only for speed: upkeep makes it again.
            _logger.FileDamaged(mirror.Name, name);
            mirror.Stamps.Delete(FileStamps.DerivedWith(mirror.Objects, name));
            mirror.AskForUpkeep();
        }
    }

    private void DropDamagedOfTip(Mirror mirror, string name)
    {
        // These files are only for speed. Without this one, none of them is read.
        _logger.FileDamaged(mirror.Name, "tip/" + name);
        File.Delete(Path.Combine(mirror.Tip, name));
        mirror.AskForUpkeep();
    }

    private static void TryDelete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has a temporary name: the next start sweeps it.
        }
    }

    private static void TryDeleteFile(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // git does not read it.
        }
    }

    private string FolderOf(RepositoryName name) => Path.Combine(_folder.Mirrors, name.FolderName);

    private void Load()
    {
        if (!Directory.Exists(_folder.Mirrors))
        {
            return;
        }

        // A disk answers many at once sooner than one after another.
        Parallel.ForEach(
            Directory.EnumerateDirectories(_folder.Mirrors).ToList(),
            new ParallelOptions { MaxDegreeOfParallelism = LoadedAtOnce },
            Load
        );
    }

    private void Load(string folder)
    {
        try
        {
            var mirror = new Mirror(folder, MirrorRecord.Read(Path.Combine(folder, "record")), _budget.Worths, _readers, AskForUpkeep);
            if (!string.Equals(FolderOf(mirror.Name), folder, StringComparison.Ordinal))
            {
                throw new InvalidDataException("the folder belongs to another repository");
            }

            if (mirror.NeedsUpkeep)
            {
                // Only such a one may have been in the middle of something.
                mirror.Open(SweepUnfinished);
                mirror.NoteRefsSet(areLedTo: false);
            }

            lock (_gate)
            {
                _mirrors[mirror.Name] = mirror;
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            _logger.MirrorUnreadable(Path.GetFileName(folder), e.Message);
            TryDelete(folder);
        }
    }

    /// <summary>Deletes the locks and unfinished files of a git that was killed. It is called once, before the first use in this run, so no
    /// process writes there.</summary>
    private void SweepUnfinished(Mirror mirror)
    {
        foreach (string file in Directory.EnumerateFiles(mirror.Folder, "*", SearchOption.AllDirectories).ToList())
        {
            string name = Path.GetFileName(file);
            bool isLonePart =
                Path.GetDirectoryName(file)!.EndsWith("/pack", StringComparison.Ordinal)
                && Path.GetExtension(name) is ".pack" or ".rev"
                && !File.Exists(Path.ChangeExtension(file, ".idx"));
            if (
                isLonePart
                || name.EndsWith(".lock", StringComparison.Ordinal)
                || name.EndsWith(".new", StringComparison.Ordinal)
                || name.StartsWith("tmp_", StringComparison.Ordinal)
            )
            {
                _logger.StaleFileSwept(mirror.Name, name);
                TryDeleteFile(file);
            }
        }
    }
}
