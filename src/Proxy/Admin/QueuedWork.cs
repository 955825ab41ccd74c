namespace Waystation.Proxy.Admin;

/// <summary>Work that an operator put into the queue.</summary>
/// <param name="Repo"><c>host/path</c>.</param>
/// <param name="Queued">The kind of work, in lower case.</param>
internal sealed record QueuedWork(string Repo, string Queued);
