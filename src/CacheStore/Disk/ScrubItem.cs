namespace Waystation.CacheStore.Disk;

/// <summary>One file that can be read whole and compared with its checksum.</summary>
/// <param name="Name">Its place in the order of scrubbing.</param>
/// <param name="Length">In bytes.</param>
/// <param name="CheckAsync">Reads it; what is not as it was is taken out of use, and false returned.</param>
public sealed record ScrubItem(string Name, long Length, Func<CancellationToken, Task<bool>> CheckAsync);
