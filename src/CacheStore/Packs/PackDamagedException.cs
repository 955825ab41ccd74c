namespace Waystation.CacheStore.Packs;

/// <summary>A cached pack is not what was stored. The stream that meets it ends without its trailer.</summary>
public sealed class PackDamagedException(string message, Exception? inner = null) : IOException(message, inner);
