namespace Waystation.Proxy.Admin;

/// <summary>The start of this node.</summary>
/// <param name="At">Its time.</param>
internal sealed record NodeStart(DateTimeOffset At);
