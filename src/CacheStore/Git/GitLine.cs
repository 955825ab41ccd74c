namespace Waystation.CacheStore.Git;

/// <summary>Takes one line of git's output. The line is valid only during the call.</summary>
public delegate void GitLine(ReadOnlySpan<byte> line);
