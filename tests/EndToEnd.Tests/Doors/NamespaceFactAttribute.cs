using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Doors;

/// <summary>A test with networks of its own. Where the account may make none, the test is skipped, and the report says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NamespaceFactAttribute : FactAttribute
{
    public NamespaceFactAttribute()
    {
        try
        {
            string name = $"wst{Environment.ProcessId % 100_000}try";
            CommandResult made = new Command("ip", "netns", "add", name).RunAsync().GetAwaiter().GetResult();
            Skip = made.ExitCode == 0 ? null : $"this account may not make network namespaces: {made.Error.Trim()}";
            _ = new Command("ip", "netns", "delete", name).RunAsync().GetAwaiter().GetResult();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            Skip = $"there is no ip program (package iproute2): {e.Message}";
        }
    }
}
