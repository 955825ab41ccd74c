namespace Waystation.CacheStore.Packs;

/// <summary>A cached pack differs from the stored bytes. The response that meets it ends without its trailer.</summary>
public sealed class PackDamagedException(string message, Exception? inner = null) : IOException(message, inner);
