using Microsoft.Win32.SafeHandles;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Streams;

namespace Waystation.CacheStore.Lfs;

/// <summary>
/// The file that says which objects are stored, with their checksums and repositories: one entry for each change, appended. One file is
/// read at a start where a record for each of 100,000 objects would be 100,000 files. An entry that was cut off by a crash, or rotted, does
/// not read back and is skipped; the object that it stored is swept. The file is open only while it is written: a disk with a file that is
/// open for writing cannot be turned read-only. For one thread at a time.
/// </summary>
internal sealed class ObjectLog(DataFolder folder)
{
    /// <summary>Its name in the folder of the objects.</summary>
    public const string FileName = "log";

    /// <summary>Bytes of old entries that are worth writing the file anew.</summary>
    private const long MinOld = 1 << 20;

    private readonly string _path = Path.Combine(folder.Lfs, FileName);
    private bool _isNew;
    private long _end;
    private long _endWhenNew;

    /// <summary>Whether most of the file is entries that later entries have made void.</summary>
    public bool IsOld => _end - _endWhenNew > Math.Max(MinOld, _endWhenNew);

    /// <summary>Every entry that reads back, in order.</summary>
    public IEnumerable<ObjectLogEntry> Read()
    {
        ReadOnlyMemory<byte> bytes = File.Exists(_path) ? File.ReadAllBytes(RegularFile.At(_path)) : [];
        while (ObjectLogCodec.TryRead(ref bytes, out ObjectLogEntry? entry))
        {
            yield return entry;
        }
    }

    /// <summary>Appends an entry.</summary>
    /// <exception cref="IOException">The disk refuses; the entry is not there.</exception>
    public void Append(ObjectLogEntry entry)
    {
        if (!_isNew)
        {
            throw new IOException("the log of the LFS objects was not written anew at the start");
        }

        byte[] bytes = ObjectLogCodec.ToBytes(entry);
        using SafeFileHandle file = File.OpenHandle(RegularFile.At(_path), FileMode.Open, FileAccess.Write);
        RandomAccess.Write(file, bytes, _end);
        _end += bytes.Length;
    }

    /// <summary>Writes the file anew with these entries only: beside the old one, flushed, and renamed.</summary>
    /// <exception cref="IOException">The disk refuses; the old file stays.</exception>
    public void Renew(IEnumerable<ObjectLogEntry> entries)
    {
        string temporary = folder.NewTemporaryPath(".log");
        try
        {
            long end = 0;
            using (SafeFileHandle file = StoreFile.Create(temporary))
            {
                foreach (ObjectLogEntry entry in entries)
                {
                    byte[] bytes = ObjectLogCodec.ToBytes(entry);
                    RandomAccess.Write(file, bytes, end);
                    end += bytes.Length;
                }

                RandomAccess.FlushToDisk(file);
            }

            DataFolder.CreatePrivate(folder.Lfs);
            File.Move(temporary, _path, overwrite: true);
            (_isNew, _end, _endWhenNew) = (true, end, end);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
