namespace Waystation.CacheStore.Git;

/// <summary>Takes one line of what a git says, which is gone after the call.</summary>
public delegate void GitLine(ReadOnlySpan<byte> line);
