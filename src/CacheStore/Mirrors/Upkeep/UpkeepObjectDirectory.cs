using Waystation.CacheStore.Disk;

namespace Waystation.CacheStore.Mirrors.Upkeep;

/// <summary>A separate object folder, in which upkeep makes files before they are moved into a mirror.</summary>
internal sealed class UpkeepObjectDirectory : IDisposable
{
    private readonly string _packs;

    public UpkeepObjectDirectory(DataFolder folder)
    {
        Objects = folder.NewTemporaryPath(".scratch");
        _packs = Path.Combine(Objects, "pack");
        Clear();
    }

    public string Objects { get; }

    /// <summary>File names of the packs made in it.</summary>
    public List<string> Packs() => [.. Directory.EnumerateFiles(_packs, "*.pack").Select(static path => Path.GetFileName(path))];

    /// <summary>Marks the packs made so far, so that git does not pack their objects again.</summary>
    public void KeepPacks() => Packs().ForEach(pack => File.WriteAllText(Path.Combine(_packs, Path.ChangeExtension(pack, ".keep")), ""));

    public void UnkeepPacks()
    {
        foreach (string keep in Directory.EnumerateFiles(_packs, "*.keep").ToList())
        {
            File.Delete(keep);
        }
    }

    /// <summary>Moves the packs made in it to another object folder, their age beginning now.</summary>
    public void MoveTo(string objects)
    {
        string target = Path.Combine(objects, "pack");
        Directory.CreateDirectory(target);
        foreach (
            string file in Directory
                .EnumerateFiles(_packs, "pack-*")
                .OrderBy(static file => file.EndsWith(".idx", StringComparison.Ordinal))
                .ToList()
        )
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow);
            File.Move(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
        }
    }

    public void DeleteLinks()
    {
        foreach (string file in Directory.EnumerateFiles(_packs).Where(static file => new FileInfo(file).LinkTarget is not null).ToList())
        {
            File.Delete(file);
        }
    }

    public void Clear()
    {
        Delete();
        DataFolder.CreatePrivate(_packs);
        DataFolder.CreatePrivate(Path.Combine(Objects, "info"));
    }

    public void Dispose() => Delete();

    private void Delete()
    {
        try
        {
            if (Directory.Exists(Objects))
            {
                Directory.Delete(Objects, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Temporary: swept at the next start.
        }
    }
}
