using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using Waystation.Dashboard.Tests.Browsing;
using Waystation.TestKit.Servers;

namespace Waystation.Dashboard.Tests;

/// <summary>Every button does its work at the node, with scripts and without.</summary>
[Collection(DashboardCollection.Name)]
public sealed class ButtonsTests(DashboardStation station) : IDisposable
{
    private readonly HttpClient _api = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WarmSyncVetAndPurge_ActAtTheNode(bool hasScripts)
    {
        string name = hasScripts ? "public/with.git" : "public/without.git";
        PrimaryRepository repository = await station.Primary.CreateAsync(name, new History(Seed: 72));
        await using BrowserPage browser = await station.Browser.OpenAsync(hasScripts: hasScripts);
        IPage page = browser.Page;

        await browser.GoAsync(station.Node.Admin, "/repositories");
        await page.GetByLabel("Warm").FillAsync(name);
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Warm", Exact = true }).ClickAsync();
        await SaysAsync(page, $"git.example.com/{name} is in the queue: warm.");
        await Eventually.TrueAsync("the node has a mirror", async () => await RefsOfAsync(name) > 0);

        await repository.GitAsync("tag", "second", "main");
        await browser.GoAsync(station.Node.Admin, "/repositories?repo=" + name);
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = $"Sync git.example.com/{name}" }).ClickAsync();
        await SaysAsync(page, $"git.example.com/{name} is in the queue: vet.");
        int before = await RefsOfAsync(name);
        await Eventually.TrueAsync("the mirror has the tag", async () => await RefsOfAsync(name) > before || before > 1);

        await repository.GitAsync("tag", "third", "main");
        int refs = await RefsOfAsync(name);
        await browser.GoAsync(station.Node.Admin, "/vet");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Vet all mirrors now" }).ClickAsync();
        await SaysAsync(page, "The vet compares");
        await Eventually.TrueAsync("the mirror has the other tag", async () => await RefsOfAsync(name) > refs);

        await browser.GoAsync(station.Node.Admin, "/repositories?repo=" + name);
        await page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "Purge… git.example.com/" + name }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "Keep it" }).ClickAsync();
        Assert.True(await RefsOfAsync(name) > 0);
        await browser.GoAsync(station.Node.Admin, "/repositories/purge?repo=" + name);
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Purge" }).ClickAsync();
        await SaysAsync(page, $"Purged git.example.com/{name}: the mirror (");
        Assert.Equal(-1, await RefsOfAsync(name));

        // What was said is said once.
        await page.ReloadAsync();
        Assert.Equal(0, await page.GetByRole(AriaRole.Status).CountAsync());
        Assert.Empty(browser.TakeTroubles());
    }

    [Fact]
    public async Task Warm_SaysWhyItDoesNot()
    {
        await using BrowserPage browser = await station.Browser.OpenAsync();
        await browser.GoAsync(station.Node.Admin, "/repositories");
        await browser.Page.GetByLabel("Warm").FillAsync("../secrets");
        await browser.Page.Keyboard.PressAsync("Enter");
        await SaysAsync(browser.Page, "This is no repository of a primary of this node.");
        Assert.Empty(browser.TakeTroubles());
    }

    [Fact]
    public async Task Form_ThatThisNodeDidNotMakeForThisBrowser_DoesNothing()
    {
        using var stranger = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        foreach (string path in (string[])["/repositories/warm", "/repositories/sync", "/repositories/purge", "/vet"])
        {
            using var form = new FormUrlEncodedContent([new("repo", station.Widgets.Name), new("form", "CfDJ8")]);
            using HttpResponseMessage answer = await stranger.PostAsync(new Uri(station.Node.Admin, path), form);
            Assert.Equal((path, 400), (path, (int)answer.StatusCode));
        }

        Assert.True(await RefsOfAsync(station.Widgets.Name) > 0);
    }

    public void Dispose() => _api.Dispose();

    private static async Task SaysAsync(IPage page, string text) =>
        Assert.Contains(text, await page.GetByRole(AriaRole.Status).InnerTextAsync(), StringComparison.Ordinal);

    /// <summary>The refs of the node's mirror; -1 without a mirror.</summary>
    private async Task<int> RefsOfAsync(string name)
    {
        JsonElement repositories = await _api.GetFromJsonAsync<JsonElement>(new Uri(station.Node.Admin, "/api/v1/repos"));
        JsonElement found = repositories
            .EnumerateArray()
            .FirstOrDefault(one => one.GetProperty("repo").GetString() == "git.example.com/" + name);
        return found.ValueKind == JsonValueKind.Undefined ? -1 : found.GetProperty("refs").GetInt32();
    }
}
