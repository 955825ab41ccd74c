using Waystation.TestKit.Servers;

namespace Waystation.Dashboard.Tests.Browsing;

/// <summary>The login as an operator does it.</summary>
internal static class LogIn
{
    public static async Task Async(BrowserPage browser, WaystationNode node, string token = DashboardStation.Token, string path = "/login")
    {
        await browser.GoAsync(node.Admin, path);
        await browser.Page.GetByLabel("Admin token").FillAsync(token);
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.Page.Locator("header nav, [role=alert]").First.WaitForAsync();
    }
}
