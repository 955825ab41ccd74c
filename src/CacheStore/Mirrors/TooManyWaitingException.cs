namespace Waystation.CacheStore.Mirrors;

/// <summary>Too many requests wait for a pack to be made.</summary>
/// <param name="message">The message, which names the thing that they wait for.</param>
public sealed class TooManyWaitingException(string message = "too many requests wait for a pack to be made") : Exception(message);
