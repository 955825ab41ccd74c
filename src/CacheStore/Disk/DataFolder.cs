using System.Globalization;

namespace Waystation.CacheStore.Disk;

/// <summary>
/// One node's data on disk: never shared between nodes, readable by its account only, of a known layout. Unfinished files are in
/// <see cref="Temporary"/>, which is emptied at every start.
/// </summary>
public sealed class DataFolder : IDisposable
{
    /// <summary>The layout that this program writes. A newer one is refused, an older one is brought forward here.</summary>
    public const int Layout = 1;

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>EWOULDBLOCK: another process has the lock. Any other error means that the disk refuses.</summary>
    private const int WouldBlock = 11;

    /// <summary>The number of damaged files that are kept for inspection; older ones are deleted.</summary>
    private const int MaxQuarantined = 16;

    private readonly TimeProvider _time;
    private readonly long _reserve;
    private FileStream? _lock;

    /// <summary>Opens the folder, and makes it if it is missing.</summary>
    /// <param name="root">Its path.</param>
    /// <param name="time">The clock that quarantined files are named by.</param>
    /// <param name="reserve">Bytes that stay free on its disk (<see cref="DiskOptions.Reserve"/>).</param>
    /// <exception cref="DataFolderException">The node must not use it: other accounts may read it, another node has it, or a newer program
    /// wrote it.</exception>
    public DataFolder(string root, TimeProvider time, long reserve = 0)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(root);
        Root = Path.GetFullPath(root);
        _time = time;
        _reserve = reserve;
        try
        {
            if (!Directory.Exists(Root))
            {
                CreatePrivate(Root);
            }

            RequirePrivate();
            IsWritable = TryMakeReady();
        }
        catch (DataFolderException)
        {
            // The caller gets no object with which it could release the lock.
            _lock?.Dispose();
            throw;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataFolderException(Root, $"cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Its full path.</summary>
    public string Root { get; }

    /// <summary>False if the file system takes no writes: the node then keeps nothing and forwards.</summary>
    public bool IsWritable { get; }

    /// <summary>The folder of the cached packs.</summary>
    public string Packs => Path.Combine(Root, "packs");

    /// <summary>Repositories that packs are made from.</summary>
    public string Mirrors => Path.Combine(Root, "mirrors");

    /// <summary>The folder of the Git LFS objects.</summary>
    public string Lfs => Path.Combine(Root, "lfs");

    /// <summary>What is being made.</summary>
    public string Temporary => Path.Combine(Root, "tmp");

    private string QuarantineFolder => Path.Combine(Root, "quarantine");

    /// <summary>A fresh name in <see cref="Temporary"/>.</summary>
    public string NewTemporaryPath(string suffix) => Path.Combine(Temporary, Guid.NewGuid().ToString("N") + suffix);

    /// <summary>Whether the disk takes so many bytes more and still has the reserve free.</summary>
    public bool HasRoomFor(long bytes)
    {
        try
        {
            return new DriveInfo(Root).AvailableFreeSpace - bytes >= _reserve;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Moves a damaged file out of use.</summary>
    public void Quarantine(string file)
    {
        try
        {
            if (File.Exists(file))
            {
                CreatePrivate(QuarantineFolder);
                File.Move(
                    file,
                    Path.Combine(QuarantineFolder, $"{_time.GetUtcNow():yyyyMMddTHHmmssfff}-{Path.GetFileName(file)}"),
                    overwrite: true
                );
                foreach (
                    string old in Directory.EnumerateFiles(QuarantineFolder).Order(StringComparer.Ordinal).SkipLast(MaxQuarantined).ToList()
                )
                {
                    File.Delete(old);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is out of the index already. If it cannot be moved, the next start reads it again.
        }
    }

    /// <summary>Deletes the damaged files, because they may contain data that an operator purges.</summary>
    public void EmptyQuarantine()
    {
        foreach (string file in Directory.Exists(QuarantineFolder) ? Directory.GetFiles(QuarantineFolder) : [])
        {
            File.Delete(file);
        }
    }

    /// <summary>Makes a folder that only this account may enter.</summary>
    public static void CreatePrivate(string path) => Directory.CreateDirectory(path, Private);

    /// <inheritdoc />
    public void Dispose() => _lock?.Dispose();

    private void RequirePrivate()
    {
        UnixFileMode mode = File.GetUnixFileMode(Root);
        if ((mode & ~Private) != UnixFileMode.None)
        {
            throw new DataFolderException(
                Root,
                $"has mode 0{Convert.ToString((int)mode, 8)}, but must be 0700, "
                    + $"because it holds code that not every account may read: chmod 700 {Root}"
            );
        }
    }

    /// <summary>Locks the folder and makes its layout; false if the disk is full or read-only.</summary>
    private bool TryMakeReady()
    {
        try
        {
            _lock = TakeLock();
            RequireLayout();
            StrayProcesses.End(Root);
            CreatePrivate(Packs);
            CreatePrivate(Temporary);
            foreach (string left in Directory.EnumerateFiles(Temporary).ToList())
            {
                File.Delete(left);
            }

            foreach (string left in Directory.EnumerateDirectories(Temporary).ToList())
            {
                Directory.Delete(left, recursive: true);
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private FileStream TakeLock()
    {
        string file = Path.Combine(Root, "lock");
        bool existed = File.Exists(file);
        try
        {
            // Opened for reading: a lock needs no more, and a file open for writing would keep the disk from turning read-only.
            return new FileStream(RegularFile.At(file), FileMode.OpenOrCreate, FileAccess.Read, FileShare.None);
        }
        catch (IOException e) when (existed && (e.HResult & 0xFFFF) == WouldBlock)
        {
            throw new DataFolderException(Root, "is in use by another node; give each node its own data folder", e);
        }
    }

    private void RequireLayout()
    {
        string file = Path.Combine(Root, "layout");
        if (!File.Exists(file))
        {
            File.WriteAllText(file, $"{Layout}\n");
            return;
        }

        string text = File.ReadAllText(RegularFile.At(file)).Trim();
        if (!int.TryParse(text, CultureInfo.InvariantCulture, out int layout) || layout > Layout)
        {
            throw new DataFolderException(
                Root,
                $"has layout {text}, but this program knows layouts up to {Layout}: a newer Waystation wrote it"
            );
        }
    }
}
