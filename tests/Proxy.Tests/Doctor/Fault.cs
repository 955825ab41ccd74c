using Waystation.Proxy.Doctor.Reporting;

namespace Waystation.Proxy.Tests.Doctor;

/// <summary>Something that is wrong, and how the doctor names it.</summary>
/// <param name="Check">The check that finds it.</param>
/// <param name="Seen">A part of the line.</param>
/// <param name="Remedy">A part of what to do.</param>
/// <param name="Make">Makes it on a healthy stage.</param>
internal sealed record Fault(string Check, string Seen, string Remedy, Func<DoctorStage, Task> Make)
{
    public FindingState State { get; init; } = FindingState.Fail;

    /// <summary>Another check that cannot but find it too.</summary>
    public string? Beside { get; init; }
}
