using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Pushing;

/// <summary>A command that the server reports as done.</summary>
/// <param name="Name">The ref of the command.</param>
/// <param name="ActualName">The ref that was changed instead, if the server names it (report-status-v2).</param>
/// <param name="ActualNew">The id that this ref got, if the server names it.</param>
public sealed record RefReport(string Name, string? ActualName = null, ObjectId? ActualNew = null);
