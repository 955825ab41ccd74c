using Microsoft.Playwright;
using Waystation.Dashboard.Tests.Browsing;
using Waystation.TestKit.Servers;

namespace Waystation.Dashboard.Tests;

/// <summary>The pictures of <c>docs/dashboard.md</c>. With <c>WAYSTATION_WRITE_DOCS=1</c> this test takes them anew.</summary>
[Collection(DashboardCollection.Name)]
public sealed class ScreenshotTests(DashboardStation station)
{
    private static readonly string s_docs = Path.Combine(Checkout.Root, "docs");
    private static readonly string s_page = File.ReadAllText(Path.Combine(s_docs, "dashboard.md"));

    [Theory]
    [InlineData("overview", "/", ColorScheme.Light, 1200, 940)]
    [InlineData("overview-dark", "/", ColorScheme.Dark, 1200, 940)]
    [InlineData("requests", "/requests", ColorScheme.Light, 1200, 620)]
    [InlineData("repositories", "/repositories", ColorScheme.Light, 1200, 460)]
    [InlineData("phone", "/", ColorScheme.Light, 390, 844)]
    [InlineData("phone-repositories-dark", "/repositories", ColorScheme.Dark, 390, 844)]
    public async Task Pictures_OfThePage_AreOfThisProgram(string name, string path, ColorScheme scheme, int width, int height)
    {
        string file = Path.Combine(s_docs, "dashboard", name + ".png");
        Assert.Contains($"](dashboard/{name}.png)", s_page, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("WAYSTATION_WRITE_DOCS") == "1")
        {
            foreach (string repository in (string[])["public/app.git", "public/firmware.git", "public/website.git"])
            {
                if (!station.Primary.Has(repository))
                {
                    PrimaryRepository created = await station.Primary.CreateAsync(
                        repository,
                        new History(Seed: repository.Length) { Commits = 150 }
                    );
                    await station.Git.RunAsync("clone", "--quiet", station.Node.UrlOf(created).AbsoluteUri, Path.GetRandomFileName());
                    await station.Git.RunAsync(
                        "clone",
                        "--quiet",
                        "--depth=1",
                        station.Node.UrlOf(created).AbsoluteUri,
                        Path.GetRandomFileName()
                    );
                    await station.Git.RunAsync(
                        "clone",
                        "--quiet",
                        "--depth=1",
                        station.Node.UrlOf(created).AbsoluteUri,
                        Path.GetRandomFileName()
                    );
                }
            }

            await using BrowserPage browser = await station.Browser.OpenAsync(scheme, width, height);
            await browser.GoAsync(station.Node.Admin, "/vet");
            await browser.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Vet all mirrors now" }).ClickAsync();
            await browser.GoAsync(station.Node.Admin, "/repositories");
            await Eventually.TrueAsync(
                "each mirror was compared",
                async () => await browser.Page.GetByText("not compared yet").CountAsync() == 0
            );
            await browser.GoAsync(station.Node.Admin, path);
            await browser.LiveAsync();
            await browser.Page.ScreenshotAsync(new PageScreenshotOptions { Path = file });
        }

        Assert.True(File.Exists(file), $"there is no {file}: run ./test Dashboard with WAYSTATION_WRITE_DOCS=1");
        Assert.InRange(new FileInfo(file).Length, 1_000, 200_000);
    }
}
