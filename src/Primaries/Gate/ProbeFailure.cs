namespace Waystation.Primaries.Gate;

/// <summary>What is wrong with a primary, as a probe found it.</summary>
/// <param name="Message">In words.</param>
/// <param name="IsReached">Something answered for it, with a status that says that it fails.</param>
public sealed record ProbeFailure(string Message, bool IsReached)
{
    /// <summary>Nothing came in the time that a probe waits. Nothing says that the primary is down: it may be at work.</summary>
    public bool IsLate { get; init; }
}
