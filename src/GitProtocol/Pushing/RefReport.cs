using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Pushing;

/// <summary>A command that the server says it has carried out.</summary>
/// <param name="Name">The ref that the command named.</param>
/// <param name="ActualName">The ref that was changed instead, where the server says so (report-status-v2).</param>
/// <param name="ActualNew">What it was changed to, where the server says so.</param>
public sealed record RefReport(string Name, string? ActualName = null, ObjectId? ActualNew = null);
