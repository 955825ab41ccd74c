namespace Waystation.Deploy.Tests;

/// <summary>A test on a machine of its own. Where the account may have none, the test is skipped, and the report says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MachineFactAttribute : FactAttribute
{
    public MachineFactAttribute() => Skip = DebianMachine.Obstacle;
}
