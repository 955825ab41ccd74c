using Microsoft.Win32.SafeHandles;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Lfs;

namespace Waystation.CacheStore.Lfs;

/// <summary>The files of the objects: <c>lfs/ab/cd/OID</c> for the object <c>abcd…</c>, its bytes and nothing else.</summary>
/// <param name="folder">The data folder.</param>
/// <param name="onRefused">Called when the disk refuses.</param>
internal sealed class ObjectFiles(DataFolder folder, Action<string, Exception?> onRefused)
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes a finished file ready for <see cref="Adopt"/>.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Prepare(SpoolFile file, LfsObjectId id)
    {
        File.SetUnixFileMode(file.Path, Private);
        DataFolder.CreatePrivate(Path.GetDirectoryName(PathOf(id))!);
    }

    /// <summary>Renames a file into place.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Adopt(SpoolFile file, LfsObjectId id) => File.Move(file.Path, PathOf(id), overwrite: true);

    /// <summary>Opens the file of an object.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public SafeFileHandle Open(LfsObjectId id) => StoreFile.Open(PathOf(id));

    /// <summary>Takes a damaged file out of use.</summary>
    public void Quarantine(LfsObjectId id) => folder.Quarantine(PathOf(id));

    /// <summary>Deletes the file of an object, if there is one.</summary>
    public void TryDelete(LfsObjectId id) => TryDelete(PathOf(id));

    /// <summary>Deletes the files that belong to no object. Returns the objects without a file.</summary>
    /// <param name="objects">The objects.</param>
    /// <param name="onSwept">Gets the path of each file before it is deleted.</param>
    public IReadOnlyCollection<LfsObject> Sweep(IEnumerable<LfsObject> objects, Action<string> onSwept)
    {
        var lost = objects.ToDictionary(static one => NameOf(one.Id), StringComparer.Ordinal);
        var root = new DirectoryInfo(folder.Lfs);
        foreach (FileInfo file in root.Exists ? root.EnumerateFiles("*", SearchOption.AllDirectories) : [])
        {
            string name = Path.GetRelativePath(folder.Lfs, file.FullName);
            if (lost.TryGetValue(name, out LfsObject known) && file.Length == known.Size)
            {
                lost.Remove(name);
            }
            else if (folder.IsWritable && !string.Equals(name, ObjectLog.FileName, StringComparison.Ordinal))
            {
                onSwept(file.FullName);
                TryDelete(file.FullName);
            }
        }

        return lost.Values;
    }

    private string PathOf(LfsObjectId id) => Path.Combine(folder.Lfs, NameOf(id));

    private static string NameOf(LfsObjectId id)
    {
        string digits = id.ToString();
        return Path.Combine(digits[..2], digits[2..4], digits);
    }

    private void TryDelete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (DirectoryNotFoundException)
        {
            // There is nothing to delete.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            onRefused("cannot delete", e);
        }
    }
}
