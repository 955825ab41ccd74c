using Waystation.EndToEnd.Tests.Clients;
using Waystation.TestKit.Servers;

namespace Waystation.Dashboard.Tests.Browsing;

/// <summary>The accessibility checker axe-core, from npm.</summary>
internal static class AxeCore
{
    private static readonly Lazy<Task<string>> s_script = new(static async () =>
        await File.ReadAllTextAsync(
            Path.Combine(
                await NpmFolder.InstallAsync(Path.Combine(Checkout.Root, "tests", "Dashboard.Tests", "Axe")),
                "node_modules",
                "axe-core",
                "axe.min.js"
            )
        )
    );

    /// <summary>The script that makes <c>window.axe</c>.</summary>
    public static Task<string> ScriptAsync() => s_script.Value;
}
