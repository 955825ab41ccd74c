using System.Runtime.InteropServices;

namespace Waystation.CacheStore.Lfs;

/// <summary>Whether the bytes of a reading can leave.</summary>
/// <param name="Refusal">Why no byte comes, for the client; null if it may look for another source.</param>
/// <param name="Again">Why the reading needs another source; null if it does not.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct LfsStart(LfsRefusal? Refusal, string? Again)
{
    /// <summary>Bytes can leave.</summary>
    public static LfsStart Ready => default;
}
