namespace Waystation.Proxy.Admin;

/// <summary>One piece of background work.</summary>
/// <param name="Kind">The kind of work, in lower case.</param>
/// <param name="Repo"><c>host/path</c>.</param>
/// <param name="Due">It is not begun before.</param>
/// <param name="Running">It is being done.</param>
/// <param name="Failures">Failures in a row.</param>
/// <param name="LastError">The last failure; null where there was none.</param>
internal sealed record WorkStatus(string Kind, string Repo, DateTimeOffset Due, bool Running, int Failures, string? LastError);
