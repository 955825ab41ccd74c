namespace Waystation.Proxy.Doctor.Reporting;

/// <summary>A line of the doctor.</summary>
/// <param name="Check">The name of the check, such as <c>tls</c>.</param>
/// <param name="Subject">The server, address or folder that was looked at; empty for the node itself.</param>
/// <param name="State">Whether it is as it should be.</param>
/// <param name="Seen">What was seen.</param>
/// <param name="Remedy">What to do; null if there is nothing to do.</param>
internal sealed record Finding(string Check, string Subject, FindingState State, string Seen, string? Remedy);
