using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Commands;

/// <summary>A command with a token speaks to the address that it was given, and to no other.</summary>
public sealed class AdminClientTests
{
    [Theory]
    [InlineData("status")]
    [InlineData("purge", "team/tool.git")]
    public async Task Command_FollowsNoRedirect(params string[] words)
    {
        await using ScriptedPrimary elsewhere = await ScriptedPrimary.StartAsync();
        await using ScriptedPrimary node = await ScriptedPrimary.StartAsync(context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = elsewhere.Url + "api";
            return Task.CompletedTask;
        });

        CommandResult result = await new Command(Checkout.Program, [.. words, "--admin", node.Url.AbsoluteUri])
        {
            Environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Checkout.DotnetRoot },
        }.RunAsync();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("307", result.Error, StringComparison.Ordinal);
        Assert.Empty(elsewhere.Requests);
    }
}
