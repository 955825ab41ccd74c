namespace Waystation.FetchCore.Observing;

/// <summary>How an LFS object was asked for, without its id.</summary>
/// <param name="Size">Bytes of the whole object.</param>
/// <param name="From">The first byte asked for.</param>
/// <param name="Count">Bytes asked for.</param>
public sealed record AskedLfs(long Size, long From, long Count);
