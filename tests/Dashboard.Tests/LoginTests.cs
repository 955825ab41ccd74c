using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Waystation.Dashboard.Tests.Browsing;
using Waystation.TestKit.Servers;

namespace Waystation.Dashboard.Tests;

/// <summary>A dashboard with a token: sessions, headers, and nothing secret on any page.</summary>
[Collection(DashboardCollection.Name)]
public sealed class LoginTests(DashboardStation station) : IDisposable
{
    private static readonly string[] s_pages = ["/", "/requests", "/repositories", "/queue", "/vet", "/farm", "/node"];

    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });

    [Fact]
    public async Task Token_OpensASession_ThatEndsWithTheToken()
    {
        await using BrowserPage browser = await station.Browser.OpenAsync();
        await LogIn.Async(browser, station.Guarded, "a guess", "/queue");
        Assert.Contains("not the admin token", await browser.Page.GetByRole(AriaRole.Alert).InnerTextAsync(), StringComparison.Ordinal);
        Assert.Empty(await SessionOf(browser));
        await browser.Page.GetByLabel("Admin token").FillAsync(DashboardStation.Token);
        await browser.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Log in" }).ClickAsync();
        await browser.ArriveAsync("**/queue");
        BrowserContextCookiesResult cookie = Assert.Single(await SessionOf(browser));
        Assert.True(cookie.HttpOnly);
        Assert.Equal(SameSiteAttribute.Strict, cookie.SameSite);
        await browser.LiveAsync();

        // Another token: the open page asks for it by itself, and the old cookie opens nothing.
        await File.WriteAllTextAsync(station.TokenFile, "another token\n");
        try
        {
            await browser.ArriveAsync("**/login?back=%2Fqueue");
            await browser.GoAsync(station.Guarded.Admin, "/repositories");
            Assert.Contains("/login?", browser.Page.Url, StringComparison.Ordinal);
        }
        finally
        {
            await File.WriteAllTextAsync(station.TokenFile, DashboardStation.Token + "\n");
        }
    }

    [Fact]
    public async Task LogOut_EndsTheSession()
    {
        await using BrowserPage browser = await station.Browser.OpenAsync();
        await LogIn.Async(browser, station.Guarded);
        await browser.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Log out" }).ClickAsync();
        await browser.ArriveAsync("**/login");
        Assert.Empty(await SessionOf(browser));
        await browser.GoAsync(station.Guarded.Admin, "/");
        Assert.Contains("/login?", browser.Page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EveryPage_WantsASession_ABrowserThatLoadsNothingElse_AndThisHost()
    {
        foreach (
            string path in (string[])[.. s_pages, "/repositories/purge?repo=x/y", "/login", "/dashboard/style.css", "/dashboard/live.js"]
        )
        {
            using HttpResponseMessage answer = await _client.GetAsync(new Uri(station.Guarded.Admin, path));
            bool isOpen = path is "/login" || path.StartsWith("/dashboard/", StringComparison.Ordinal);
            Assert.Equal((path, isOpen ? HttpStatusCode.OK : HttpStatusCode.SeeOther), (path, answer.StatusCode));
            string policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
            Assert.Contains("default-src 'none'; script-src 'self'; style-src 'self'", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.Equal("DENY", Assert.Single(answer.Headers.GetValues("X-Frame-Options")));
            Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));

            using var foreign = new HttpRequestMessage(HttpMethod.Get, new Uri(station.Guarded.Admin, path))
            {
                Headers = { Host = "evil.example" },
            };
            using HttpResponseMessage refused = await _client.SendAsync(foreign);
            Assert.Equal((path, 421), (path, (int)refused.StatusCode));
        }

        foreach (string path in (string[])["/dashboard/events/", "/dashboard/events/queue"])
        {
            using HttpResponseMessage answer = await _client.GetAsync(new Uri(station.Guarded.Admin, path));
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }

        foreach (string path in (string[])["/repositories/warm", "/repositories/purge", "/vet"])
        {
            using var form = new FormUrlEncodedContent([new("repo", station.Widgets.Name)]);
            using HttpResponseMessage answer = await _client.PostAsync(new Uri(station.Guarded.Admin, path), form);
            Assert.Equal((path, "/login?back=%2F"), (path, answer.Headers.Location?.OriginalString));
        }
    }

    [Fact]
    public async Task Login_LeadsToPagesOfTheDashboardOnly()
    {
        foreach (
            string back in (string[])["//evil.example/", "https://evil.example/", "/\\evil.example", "/nothing", "javascript:alert(1)"]
        )
        {
            await using BrowserPage browser = await station.Browser.OpenAsync();
            await LogIn.Async(browser, station.Guarded, path: "/login?back=" + Uri.EscapeDataString(back));
            await browser.Page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = "Overview" }).WaitForAsync();
            Assert.Equal(station.Guarded.Admin.AbsoluteUri, browser.Page.Url);
        }
    }

    [Fact]
    public async Task NoPage_HasASecret()
    {
        await using BrowserPage browser = await station.Browser.OpenAsync();
        await LogIn.Async(browser, station.Guarded);
        string farmSecret = (await File.ReadAllTextAsync(station.Folder["farm.secret"])).Trim();
        foreach ((WaystationNode node, string path) in s_pages.SelectMany(path => new[] { (station.Node, path), (station.Guarded, path) }))
        {
            await browser.GoAsync(node.Admin, path);
            string html = await browser.Page.ContentAsync();
            Assert.DoesNotContain(DashboardStation.Token, html, StringComparison.Ordinal);
            Assert.DoesNotContain(DashboardStation.ServicePassword, html, StringComparison.Ordinal);
            Assert.DoesNotContain(farmSecret, html, StringComparison.Ordinal);
            Assert.DoesNotMatch(new Regex("://[^/\" ]*:[^/\" ]*@", RegexOptions.None, TimeSpan.FromSeconds(5)), html);
        }
    }

    [Fact]
    public async Task Session_IsForTlsOnly_BehindAProxyThatEndsTls()
    {
        foreach ((string? scheme, bool isSecure) in ((string?, bool)[])[("https", true), (null, false)])
        {
            using var asked = new HttpRequestMessage(HttpMethod.Get, new Uri(station.Guarded.Admin, "/login"));
            using HttpResponseMessage page = await _client.SendAsync(asked);
            string html = await page.Content.ReadAsStringAsync();
            string field = Regex
                .Match(html, "name=\"form\" value=\"(?<field>[^\"]+)\"", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5))
                .Groups["field"]
                .Value;
            using var form = new FormUrlEncodedContent([new("form", field), new("token", DashboardStation.Token)]);
            using var login = new HttpRequestMessage(HttpMethod.Post, new Uri(station.Guarded.Admin, "/login")) { Content = form };
            login.Headers.Add("Cookie", page.Headers.GetValues("Set-Cookie").First().Split(';')[0]);
            if (scheme is not null)
            {
                login.Headers.Add("X-Forwarded-Proto", scheme);
            }

            using HttpResponseMessage answer = await _client.SendAsync(login);
            Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
            string cookie = answer
                .Headers.GetValues("Set-Cookie")
                .Single(static one => one.StartsWith("waystation-session=", StringComparison.Ordinal));
            Assert.Equal(isSecure, cookie.Contains("secure", StringComparison.OrdinalIgnoreCase));
            Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        }
    }

    public void Dispose() => _client.Dispose();

    private static async Task<IEnumerable<BrowserContextCookiesResult>> SessionOf(BrowserPage browser) =>
        (await browser.Page.Context.CookiesAsync()).Where(static cookie => cookie.Name == "waystation-session");
}
