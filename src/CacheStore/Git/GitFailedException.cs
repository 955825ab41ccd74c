namespace Waystation.CacheStore.Git;

/// <summary>git could not be started, failed, or wrote unexpected output.</summary>
public sealed class GitFailedException(string message, Exception? inner = null) : IOException(message, inner);
