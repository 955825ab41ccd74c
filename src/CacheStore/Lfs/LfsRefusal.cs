namespace Waystation.CacheStore.Lfs;

/// <summary>Why a client gets no byte of an object.</summary>
/// <param name="Status">The HTTP status for the client.</param>
/// <param name="Message">The reason, in words for the client.</param>
/// <param name="RetryAfter">The time after which to ask again; null if there is none.</param>
/// <param name="Elsewhere">Where the client gets the object without the node; null if nowhere.</param>
public sealed record LfsRefusal(int Status, string Message, TimeSpan? RetryAfter = null, Uri? Elsewhere = null);
