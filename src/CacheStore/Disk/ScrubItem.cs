namespace Waystation.CacheStore.Disk;

/// <summary>One file that can be read whole and compared with its checksum.</summary>
/// <param name="Name">Its place in the order of scrubbing.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="CheckAsync">Reads the file at this pace. If it is damaged, takes it out of use and returns false.</param>
public sealed record ScrubItem(string Name, long Length, Func<ScrubPace, CancellationToken, Task<bool>> CheckAsync);
