using Microsoft.Playwright;
using Waystation.Dashboard.Tests.Browsing;
using Waystation.TestKit.Servers;

namespace Waystation.Dashboard.Tests;

/// <summary>What happens at the node comes onto the page by itself.</summary>
[Collection(DashboardCollection.Name)]
public sealed class LiveTests(DashboardStation station)
{
    [Fact]
    public async Task Fetch_ComesOntoThePage_WithoutReloading_AndLeavesFocusAndOpenDetailsAlone()
    {
        PrimaryRepository repository = await station.Primary.CreateAsync("public/live.git", new History(Seed: 73));
        await using BrowserPage requests = await station.Browser.OpenAsync();
        await using BrowserPage overview = await station.Browser.OpenAsync();
        await requests.GoAsync(station.Node.Admin, "/requests?repo=live");
        await overview.GoAsync(station.Node.Admin, "/?span=hour");
        await Task.WhenAll(requests.LiveAsync(), overview.LiveAsync());
        foreach (BrowserPage browser in (BrowserPage[])[requests, overview])
        {
            await browser.Page.EvaluateAsync("() => { window.sameDocument = true; }");
        }

        await requests.Page.GetByLabel("Repository").FillAsync("half wri");
        await overview.Page.Locator("summary").First.ClickAsync();
        ILocator hits = overview.Page.Locator(".tiles .more").First;
        string before = await hits.InnerTextAsync();

        await station.Git.RunAsync("clone", "--quiet", station.Node.UrlOf(repository).AbsoluteUri, "live");
        await requests.Page.Locator("tbody tr", new PageLocatorOptions { HasText = "public/live.git" }).First.WaitForAsync();
        await Eventually.TrueAsync("the overview counts it", async () => await hits.InnerTextAsync() != before);

        foreach (BrowserPage browser in (BrowserPage[])[requests, overview])
        {
            Assert.True(await browser.Page.EvaluateAsync<bool>("() => window.sameDocument"));
            Assert.Empty(browser.TakeTroubles());
        }

        Assert.Equal("Repository", await requests.FocusedAsync());
        Assert.Equal("half wri", await requests.Page.GetByLabel("Repository").InputValueAsync());
        Assert.True(await overview.Page.Locator("details").First.EvaluateAsync<bool>("one => one.open"));
    }

    [Fact]
    public async Task FetchUnderWay_IsShownWithItsPhase_UntilItEnds()
    {
        PrimaryRepository repository = await station.Primary.CreateAsync("public/held.git", new History(Seed: 74));
        await using BrowserPage browser = await station.Browser.OpenAsync();
        await browser.GoAsync(station.Node.Admin, "/requests?repo=held");
        await browser.LiveAsync();
        Task<CommandResult> clone;
        using (PackGate gate = repository.HoldPacks(afterBytes: 1_000))
        {
            clone = station.Git.RunAsync("clone", "--quiet", station.Node.UrlOf(repository).AbsoluteUri, "held");
            await gate.ReachedAsync();
            ILocator row = browser.Page.Locator(
                "[aria-labelledby=under-way] tbody tr",
                new PageLocatorOptions { HasText = "public/held.git" }
            );
            await row.WaitForAsync();
            Assert.Matches("clone", await row.InnerTextAsync());
            Assert.Matches("access|waits its turn|first byte|send", await row.Locator("td .sign").InnerTextAsync());
            Assert.Empty(await browser.AxeAsync());
        }

        await clone;
        await browser.Page.Locator("[aria-labelledby=latest] tbody tr", new PageLocatorOptions { HasText = "whole" }).First.WaitForAsync();
        Assert.Equal(0, await browser.Page.Locator("[aria-labelledby=under-way] tbody tr").CountAsync());
        Assert.Empty(browser.TakeTroubles());
    }

    [Fact]
    public async Task Page_SaysThatItIsNotLive_AndIsAgain_WhenTheNodeIsBack()
    {
        await using WaystationNode node = await WaystationNode.StartAsync(station.Primary.Url);
        await using BrowserPage browser = await station.Browser.OpenAsync();
        await browser.GoAsync(node.Admin, "/node");
        await browser.LiveAsync();
        Assert.Equal(0, await node.StopAsync());
        await browser.Page.Locator("#as-of[data-state=late]").WaitForAsync();
        await node.StartAgainAsync();
        await browser.LiveAsync();
    }
}
