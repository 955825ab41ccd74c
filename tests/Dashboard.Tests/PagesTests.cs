using Microsoft.Playwright;
using Waystation.Dashboard.Tests.Browsing;
using Waystation.TestKit.Servers;

namespace Waystation.Dashboard.Tests;

/// <summary>Every page, as a browser and an accessibility checker see it.</summary>
[Collection(DashboardCollection.Name)]
public sealed class PagesTests(DashboardStation station)
{
    private const int PhoneWidth = 390;

    /// <summary>With data.</summary>
    private static readonly string[] s_full =
    [
        "/",
        "/?span=hour",
        "/requests",
        "/requests?repo=none%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/repositories",
        "/repositories?repo=none",
        "/repositories/purge?repo=public/widgets.git",
        "/repositories/purge?repo=..%2F",
        "/queue",
        "/vet",
        "/node",
    ];

    /// <summary>Without data, behind a login, in a farm.</summary>
    private static readonly string[] s_new = ["/", "/requests", "/repositories", "/queue", "/farm", "/node"];

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task EveryPage_IsSound_InBothColourSchemes_AndOnAPhone(ColorScheme scheme)
    {
        // Each scheme is checked at one width by axe, and both widths have no scrolling to the side.
        (int first, int second) = scheme == ColorScheme.Light ? (1280, PhoneWidth) : (PhoneWidth, 1280);
        await using BrowserPage browser = await station.Browser.OpenAsync(scheme, first);
        foreach (string path in s_full)
        {
            await SeeAsync(browser, station.Node, path, first, second);
        }

        await SeeAsync(browser, station.Guarded, "/login", first, second);
        await LogIn.Async(browser, station.Guarded);
        foreach (string path in s_new)
        {
            await SeeAsync(browser, station.Guarded, path, first, second);
        }
    }

    [Fact]
    public async Task Tab_GoesThroughAPage_InTheOrderInWhichItReads()
    {
        await using BrowserPage browser = await station.Browser.OpenAsync();
        await browser.GoAsync(station.Node.Admin, "/repositories?repo=widgets");
        await browser.LiveAsync();
        List<string> names = [];
        for (int i = 0; i < 16; i++)
        {
            await browser.Page.Keyboard.PressAsync("Tab");
            names.Add(await browser.FocusedAsync());
        }

        const string Name = "git.example.com/public/widgets.git";
        Assert.Equal(
            [
                "Skip to content",
                "Waystation",
                "Overview",
                "Requests",
                "Repositories",
                "Queue",
                "Vet",
                "Farm",
                "Node",
                "Find",
                "Find",
                "Warm",
                "Warm",
                Name,
                $"Sync {Name}",
                $"Purge… {Name}",
            ],
            names
        );
    }

    [Fact]
    public async Task SkipLink_LeadsToTheContent()
    {
        await using BrowserPage browser = await station.Browser.OpenAsync();
        await browser.GoAsync(station.Node.Admin, "/vet");
        await browser.Page.Keyboard.PressAsync("Tab");
        await browser.Page.Keyboard.PressAsync("Enter");
        Assert.Equal("content", await browser.Page.EvaluateAsync<string>("() => document.activeElement.id"));
    }

    [Fact]
    public async Task NamesAndTextsOfOthers_AreText()
    {
        await using BrowserPage browser = await station.Browser.OpenAsync();
        await browser.GoAsync(station.Node.Admin, "/queue");
        await browser.LiveAsync();
        ILocator row = browser.Page.Locator("tr", new PageLocatorOptions { HasText = "<script>" });
        string text = await row.InnerTextAsync();
        Assert.Contains(
            "git.example.com/team/<script>alert(1)</script>\"'&amp;\\u202etxt.exe\\u200b/<img src=x onerror=alert(2)>.git",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains("refused: </td><script>alert(3)</script>\\u202e\\u000aSet-Cookie: x=y", text, StringComparison.Ordinal);
        Assert.Equal(0, await browser.Page.Locator("#live script, #live img").CountAsync());
        Assert.Empty(browser.TakeTroubles());
    }

    [Fact]
    public async Task Times_AreInWords_WithTheExactOneInTheirTitle()
    {
        await using BrowserPage browser = await station.Browser.OpenAsync();
        await browser.GoAsync(station.Node.Admin, "/queue");
        ILocator due = browser.Page.Locator("tbody time").First;
        Assert.Matches("^in [0-9]+ (h|min)$", await due.InnerTextAsync());
        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} UTC$", await due.GetAttributeAsync("title"));
    }

    [Fact]
    public async Task Charts_HaveANameATextAndATable_WithTheSameNumbers()
    {
        await using BrowserPage browser = await station.Browser.OpenAsync();
        await browser.GoAsync(station.Node.Admin, "/");
        foreach (string name in (string[])["Hit ratio", "Bytes saved", "How fetches were served"])
        {
            ILocator chart = browser.Page.GetByRole(AriaRole.Figure, new PageGetByRoleOptions { Name = name });
            Assert.Equal(1, await chart.GetByRole(AriaRole.Img).CountAsync());
            Assert.NotEmpty(await chart.Locator("svg desc").TextContentAsync() ?? "");
            await chart.Locator("summary").ClickAsync();
            Assert.Equal(24, await chart.Locator("tbody tr").CountAsync());
        }

        string summary = await browser.Page.Locator("[aria-labelledby=served-name] figcaption p").InnerTextAsync();
        int[] hits = await browser.Page.EvaluateAsync<int[]>(
            """
            () => [...document.querySelectorAll("[aria-labelledby=served-name] tbody tr")]
              .map(row => Number(row.querySelector("td").textContent.replaceAll(",", "")))
            """
        );
        Assert.StartsWith($"{hits.Sum():N0} hit", summary, StringComparison.Ordinal);
    }

    private static async Task SeeAsync(BrowserPage browser, WaystationNode node, string path, int first, int second)
    {
        await browser.Page.SetViewportSizeAsync(first, 900);
        IResponse response = await browser.GoAsync(node.Admin, path);
        Assert.Equal(path.Contains("..", StringComparison.Ordinal) ? 400 : 200, response.Status);
        Assert.EndsWith(" – Waystation", await browser.Page.TitleAsync(), StringComparison.Ordinal);
        Assert.Equal(1, await browser.Page.Locator("h1").CountAsync());
        Assert.Equal((path, ""), (path, string.Join('\n', await browser.AxeAsync())));
        Assert.Equal((path, first, 0), (path, first, await browser.SidewaysAsync()));
        await browser.Page.SetViewportSizeAsync(second, 900);
        Assert.Equal((path, second, 0), (path, second, await browser.SidewaysAsync()));
        // A page that is refused is an error for the console as well.
        IEnumerable<string> troubles = browser.TakeTroubles();
        Assert.Equal((path, ""), (path, string.Join('\n', response.Status == 400 ? troubles.Skip(1) : troubles)));
    }
}
