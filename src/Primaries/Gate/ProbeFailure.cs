namespace Waystation.Primaries.Gate;

/// <summary>The failure of a primary, as a probe found it.</summary>
/// <param name="Message">The failure in words.</param>
/// <param name="IsReached">Whether its address answered, with a status that says that it fails.</param>
public sealed record ProbeFailure(string Message, bool IsReached)
{
    /// <summary>Whether no byte came in the time of a probe. The primary may not be down, but at work.</summary>
    public bool IsLate { get; init; }
}
