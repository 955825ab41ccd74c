using System.Diagnostics.CodeAnalysis;
using Waystation.CacheStore.Disk;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// A repository that has a mirror's objects and refs of its own, which stay as they are. An answer that depends on refs is made from
/// it: git reads tags when it has counted its objects, and by then a sync may have brought some that the asker does not see.
/// </summary>
public sealed class FrozenRefs : IDisposable
{
    private FrozenRefs(string repository) => Repository = repository;

    /// <summary>Its folder.</summary>
    public string Repository { get; }

    /// <summary>Makes one; it is gone when it is disposed.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "It is the caller's.")]
    internal static FrozenRefs Of(DataFolder folder, Mirror mirror, MirrorRefs refs)
    {
        var frozen = new FrozenRefs(folder.NewTemporaryPath(".refs"));
        try
        {
            DataFolder.CreatePrivate(Path.Combine(frozen.Repository, "refs"));
            foreach (string file in (string[])["HEAD", "config"])
            {
                File.Copy(RegularFile.At(Path.Combine(mirror.Repository, file)), Path.Combine(frozen.Repository, file));
            }

            File.CreateSymbolicLink(Path.Combine(frozen.Repository, "objects"), mirror.Objects);
            refs.Write(
                Path.Combine(frozen.Repository, "packed-refs"),
                Path.Combine(frozen.Repository, "packed-refs.new"),
                isDurable: false
            );
            return frozen;
        }
        catch
        {
            frozen.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        try
        {
            // What is linked to stays.
            Directory.Delete(Repository, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Temporary: swept at the next start.
        }
    }
}
