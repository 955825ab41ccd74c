using System.Diagnostics.CodeAnalysis;
using Waystation.CacheStore.Disk;

namespace Waystation.CacheStore.Mirrors.Packing;

/// <summary>
/// A repository with a mirror's objects and fixed refs of its own. A response that depends on refs is made from it, because git reads
/// tags after it has counted its objects, and a sync may have brought tags by then that the client does not see.
/// </summary>
public sealed class RefSnapshot : IDisposable
{
    private RefSnapshot(string repository) => Repository = repository;

    /// <summary>Its folder.</summary>
    public string Repository { get; }

    /// <summary>Makes a snapshot; disposing it deletes it.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "It is the caller's.")]
    internal static RefSnapshot Of(DataFolder folder, Mirror mirror, MirrorRefs refs)
    {
        var snapshot = new RefSnapshot(folder.NewTemporaryPath(".refs"));
        try
        {
            DataFolder.CreatePrivate(Path.Combine(snapshot.Repository, "refs"));
            foreach (string file in (string[])["HEAD", "config"])
            {
                File.Copy(RegularFile.At(Path.Combine(mirror.Repository, file)), Path.Combine(snapshot.Repository, file));
            }

            File.CreateSymbolicLink(Path.Combine(snapshot.Repository, "objects"), mirror.Objects);
            refs.Write(
                Path.Combine(snapshot.Repository, "packed-refs"),
                Path.Combine(snapshot.Repository, "packed-refs.new"),
                isDurable: false
            );
            return snapshot;
        }
        catch
        {
            snapshot.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        try
        {
            // The files behind the links stay.
            Directory.Delete(Repository, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Temporary: swept at the next start.
        }
    }
}
