using System.Text.Json;
using System.Xml.Linq;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Commands;

/// <summary>The version stands in one place, and all that shows one shows that.</summary>
public sealed class VersionTests(Front front) : IClassFixture<Front>
{
    private static readonly string s_version = XDocument
        .Load(Path.Combine(Checkout.Root, "Directory.Build.props"))
        .Descendants("Version")
        .Single()
        .Value;

    [Fact]
    public async Task Program_SaysIt()
    {
        CommandResult said = await new Command(Checkout.Program, "--version")
        {
            Environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Checkout.DotnetRoot },
        }.MustRunAsync();
        AssertVersion(said.Output.Trim());
    }

    [Fact]
    public async Task AdminAddress_SaysIt()
    {
        string status = await front.Client.GetStringAsync(new Uri(front.Node.Admin, "api/v1/status"));
        AssertVersion(JsonDocument.Parse(status).RootElement.GetProperty("version").GetString() ?? "");
    }

    /// <summary>The commit follows a plus, if the program was built from one.</summary>
    private static void AssertVersion(string said) => Assert.Equal(s_version, said.Split('+')[0]);
}
