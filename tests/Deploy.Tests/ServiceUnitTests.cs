using System.Globalization;
using System.Text.RegularExpressions;
using Waystation.TestKit.Servers;

namespace Waystation.Deploy.Tests;

/// <summary>The unit of the service, as systemd's own checks see it.</summary>
public sealed partial class ServiceUnitTests : IDisposable
{
    /// <summary>0 is a service that can do no harm, 10 one without any bound. docs/install.md names the score.</summary>
    private const double MostExposed = 1.7;

    private static readonly string s_unit = Path.Combine(Checkout.Root, "deploy", "waystation.service");

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Warnings count as well: systemd ignores a line that it does not know.</summary>
    [Fact]
    public async Task Unit_IsValid()
    {
        string unit = _folder["waystation.service"];
        string text = await File.ReadAllTextAsync(s_unit);
        // The program is where this checkout has it.
        await File.WriteAllTextAsync(unit, text.Replace("/usr/lib/waystation/waystation", Checkout.Program, StringComparison.Ordinal));

        CommandResult verified = await new Command("systemd-analyze", "verify", "--man=no", unit).RunAsync();

        Assert.Equal((0, "", ""), (verified.ExitCode, verified.Output, verified.Error));
    }

    [Fact]
    public async Task Unit_IsNoMoreExposed_ThanThePageSays()
    {
        CommandResult judged = await new Command("systemd-analyze", "security", "--offline=true", "--no-pager", s_unit).MustRunAsync();

        double score = double.Parse(Score().Match(judged.Output).Groups["score"].Value, CultureInfo.InvariantCulture);
        Assert.True(score <= MostExposed, judged.Output);
        Assert.Contains(
            $"an exposure of {MostExposed.ToString(CultureInfo.InvariantCulture)}",
            await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "docs", "install.md")),
            StringComparison.Ordinal
        );
    }

    [GeneratedRegex(@"Overall exposure level for waystation\.service: (?<score>[0-9.]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Score();
}
