using Waystation.CacheStore.Streams;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// The stamps of the files of one object folder (packs, indexes, bitmaps, commit-graph) at their last full check. git does not compare a
/// pack's checksum when it serves from it, so the node serves from no file with another stamp. The stamps are kept beside the
/// repository, so that a restart need not read every file again. They are in memory only while the mirror is in use: every change is
/// written at once, so they can leave memory at any time.
/// </summary>
internal sealed class FileStamps
{
    private const long Unknown = -1;

    private readonly Lock _gate = new();
    private readonly string _objects;
    private readonly string _file;
    private readonly Action? _whenGone;
    private Dictionary<string, FileStamp>? _loaded;
    private long _bytes = Unknown;

    /// <param name="objects">The object folder.</param>
    /// <param name="file">The file of the stamps.</param>
    /// <param name="whenGone">Called when a file was deleted or replaced.</param>
    public FileStamps(string objects, string file, Action? whenGone = null)
    {
        _objects = objects;
        _file = file;
        _whenGone = whenGone;
    }

    /// <summary>Whether <see cref="Bytes"/> is known without a look at the disk.</summary>
    public bool IsMeasured => Interlocked.Read(ref _bytes) != Unknown;

    /// <summary>Whether they are in memory.</summary>
    public bool AreLoaded => Volatile.Read(ref _loaded) is not null;

    /// <summary>Bytes of all files known.</summary>
    public long Bytes
    {
        get
        {
            if (!IsMeasured)
            {
                lock (_gate)
                {
                    _ = Stamps;
                }
            }

            return Interlocked.Read(ref _bytes);
        }
    }

    /// <summary>The caller has the lock.</summary>
    private Dictionary<string, FileStamp> Stamps => _loaded ??= Load();

    /// <summary>Whether every file is as it was when it was checked, and there is no other.</summary>
    public bool AllHold() => Suspects().Count == 0;

    /// <summary>Names, relative to the object folder, of files that have another stamp, are missing, or were never checked.</summary>
    public IReadOnlyList<string> Suspects()
    {
        lock (_gate)
        {
            var present = new HashSet<string>(FilesOf(_objects), StringComparer.Ordinal);
            List<string> suspects =
            [
                .. present.Where(name =>
                    !Stamps.TryGetValue(name, out FileStamp stamp) || FileStamp.Of(Path.Combine(_objects, name)) != stamp
                ),
            ];
            suspects.AddRange(Stamps.Keys.Where(name => !present.Contains(name)));
            return suspects;
        }
    }

    /// <summary>
    /// Opens files at one moment: no file is moved in or deleted while they are chosen and opened. Null if one of them is not as it was
    /// when it was checked. The caller closes them.
    /// </summary>
    /// <param name="choose">Gets the names of all files and returns those to open.</param>
    public IReadOnlyList<OpenedFile>? TryOpen(Func<IReadOnlyList<string>, IEnumerable<string>> choose)
    {
        List<OpenedFile> opened = [];
        bool areOpen = false;
        try
        {
            lock (_gate)
            {
                foreach (string name in choose([.. FilesOf(_objects)]).OrderBy(RankOf).ThenBy(static name => name, StringComparer.Ordinal))
                {
                    string path = Path.Combine(_objects, name);
                    if (!Stamps.TryGetValue(name, out FileStamp stamp))
                    {
                        return null;
                    }

                    opened.Add(new OpenedFile(name, StoreFile.Open(path), stamp.Size));
                    if (FileStamp.Of(path) != stamp)
                    {
                        return null;
                    }
                }
            }

            areOpen = true;
            return opened;
        }
        finally
        {
            if (!areOpen)
            {
                opened.ForEach(static file => file.Dispose());
            }
        }
    }

    /// <summary>Whether a file of this name and size was checked before, if perhaps in another place or at another time.</summary>
    public bool Knows(string name)
    {
        lock (_gate)
        {
            return Stamps.TryGetValue(name, out FileStamp known) && FileStamp.Of(Path.Combine(_objects, name))?.Size == known.Size;
        }
    }

    /// <summary>Moves finished and checked files of another object folder into this one, in an order in which a reader sees only whole
    /// sets.</summary>
    public void Adopt(string objects)
    {
        lock (_gate)
        {
            // An index makes its pack visible, and a multi-pack-index makes its bitmap visible, so each is moved after those files. The
            // multi-pack-index is the last one; it shows that all files are there.
            bool replaces = false;
            foreach (string name in FilesOf(objects).OrderBy(RankOf).ToList())
            {
                string target = Path.Combine(_objects, name);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                replaces |= File.Exists(target);
                File.Move(Path.Combine(objects, name), target, overwrite: true);
                Note(name);
            }

            if (replaces)
            {
                _whenGone?.Invoke();
            }

            Save();
        }
    }

    /// <summary>Deletes files of this folder.</summary>
    public void Delete(IEnumerable<string> names)
    {
        lock (_gate)
        {
            foreach (string name in names.OrderByDescending(RankOf).ToList())
            {
                File.Delete(Path.Combine(_objects, name));
                Stamps.Remove(name);
            }

            _whenGone?.Invoke();
            Save();
        }
    }

    /// <summary>These files were checked whole just now.</summary>
    public void Trust(IEnumerable<string> names)
    {
        lock (_gate)
        {
            foreach (string name in names)
            {
                Note(name);
            }

            Save();
        }
    }

    /// <summary>Takes the stamps out of memory; the next use reads them again.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _loaded = null;
        }
    }

    /// <summary>Files that git serves from, relative to an object folder; a pack without an index is none.</summary>
    internal static IEnumerable<string> FilesOf(string objects)
    {
        string packs = Path.Combine(objects, "pack");
        if (Directory.Exists(packs))
        {
            foreach (string path in Directory.EnumerateFiles(packs))
            {
                string name = Path.GetFileName(path);
                bool isPart = name.StartsWith("pack-", StringComparison.Ordinal) && Path.GetExtension(name) is ".pack" or ".idx" or ".rev";
                if (
                    isPart
                        ? File.Exists(Path.ChangeExtension(path, ".idx"))
                        : name.StartsWith("multi-pack-index", StringComparison.Ordinal) && !name.EndsWith(".lock", StringComparison.Ordinal)
                )
                {
                    yield return $"pack/{name}";
                }
            }
        }

        if (File.Exists(Path.Combine(objects, CommitGraph)))
        {
            yield return CommitGraph;
        }
    }

    /// <summary>The file and those that are made together with it: if one of them is missing, all are due.</summary>
    internal static IEnumerable<string> DerivedWith(string objects, string name) =>
        IsDerivedFromAll(name) ? FilesOf(objects).Where(IsDerivedFromAll).Append(name).Distinct(StringComparer.Ordinal).ToList() : [name];

    /// <summary>Whether the file belongs to all packs together: multi-pack-index, its bitmap, commit-graph.</summary>
    internal static bool IsDerivedFromAll(string name) =>
        name == CommitGraph || name.StartsWith("pack/multi-pack-index", StringComparison.Ordinal);

    internal const string CommitGraph = "info/commit-graph";

    private static int RankOf(string name) =>
        Path.GetExtension(name) switch
        {
            ".pack" => 0,
            ".rev" or ".bitmap" => 1,
            ".idx" => 2,
            _ => name == CommitGraph ? 2 : 3,
        };

    private void Note(string name)
    {
        if (FileStamp.Of(Path.Combine(_objects, name)) is { } stamp)
        {
            Stamps[name] = stamp;
        }
        else
        {
            Stamps.Remove(name);
        }
    }

    private Dictionary<string, FileStamp> Load()
    {
        Dictionary<string, FileStamp> stamps = new(StringComparer.Ordinal);
        foreach (string line in FileStamp.Of(_file) is null ? [] : File.ReadLines(_file))
        {
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space > 0 && FileStamp.Parse(line[(space + 1)..]) is { } stamp)
            {
                stamps[line[..space]] = stamp;
            }
        }

        Measure(stamps);
        return stamps;
    }

    private void Save()
    {
        string temporary = _file + ".new";
        File.WriteAllLines(temporary, Stamps.Select(static entry => $"{entry.Key} {entry.Value}"));
        File.Move(temporary, _file, overwrite: true);
        Measure(Stamps);
    }

    private void Measure(Dictionary<string, FileStamp> stamps) =>
        Interlocked.Exchange(ref _bytes, stamps.Values.Sum(static stamp => stamp.Size));
}
