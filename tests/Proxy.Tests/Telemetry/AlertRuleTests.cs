using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Telemetry;

/// <summary>The alert rules in <c>deploy</c>, by Prometheus' own tool: they can be read, and each fires when it must.</summary>
public sealed class AlertRuleTests
{
    private static readonly string s_rules = Path.Combine(Checkout.Root, "deploy", "prometheus");

    [Theory]
    [InlineData("check", "waystation.rules.yml")]
    [InlineData("test", "waystation.rules.test.yml")]
    public async Task Rules_Pass_Promtool(string what, string file)
    {
        CommandResult result = await new Command("promtool", what, "rules", file) { WorkingDirectory = s_rules }.RunAsync();
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Contains("SUCCESS", result.Output, StringComparison.Ordinal);
    }
}
