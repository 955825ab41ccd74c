using Microsoft.Win32.SafeHandles;

namespace Waystation.CacheStore.Mirrors;

/// <summary>A file that is open: it can be read to its end, also after it was deleted.</summary>
/// <param name="Name">Its path in the object folder.</param>
/// <param name="Handle">The open file.</param>
/// <param name="Length">Its length in bytes, as it was checked.</param>
internal sealed record OpenedFile(string Name, SafeFileHandle Handle, long Length) : IDisposable
{
    public void Dispose() => Handle.Dispose();
}
