using System.Runtime.InteropServices;

namespace Waystation.GitProtocol.Lfs;

/// <summary>A Git LFS object: its name and its length.</summary>
/// <param name="Id">The SHA-256 of its content.</param>
/// <param name="Size">Its length in bytes.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct LfsObject(LfsObjectId Id, long Size);
