namespace Waystation.CacheStore.Lfs;

/// <summary>An object ended before it was whole, or differs from its digest or from the stored bytes. The reader cannot go on.</summary>
public sealed class LfsBrokenException(string message, Exception? inner = null) : IOException(message, inner);
