using Microsoft.Playwright;
using Waystation.TestKit.Servers;

namespace Waystation.Dashboard.Tests.Browsing;

/// <summary>Debian's Chromium without a window, driven by Playwright.</summary>
public sealed class Chromium : IAsyncDisposable
{
    private const string Program = "/usr/bin/chromium";

    /// <summary>How long a page may take for anything that is waited for.</summary>
    private const int Patience = 20_000;

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    public static async Task<Chromium> StartAsync(TempFolder folder)
    {
        IPlaywright playwright = await Playwright.CreateAsync();
        try
        {
            return new Chromium(
                playwright,
                await playwright.Chromium.LaunchAsync(
                    new BrowserTypeLaunchOptions
                    {
                        ExecutablePath = Program,
                        // Root may not use the sandbox, and a small /dev/shm is too small for it.
                        Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--font-render-hinting=none"],
                        Env = new Dictionary<string, string>
                        {
                            ["HOME"] = folder.CreateFolder("browser"),
                            ["TMPDIR"] = folder.FullPath,
                            ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "",
                        },
                    }
                )
            );
        }
        catch
        {
            playwright.Dispose();
            throw;
        }
    }

    /// <summary>A page in a browser of its own, with no cookies.</summary>
    public async Task<BrowserPage> OpenAsync(
        ColorScheme scheme = ColorScheme.Light,
        int width = 1280,
        int height = 900,
        bool hasScripts = true
    )
    {
        IBrowserContext context = await _browser.NewContextAsync(
            new BrowserNewContextOptions
            {
                ColorScheme = scheme,
                ViewportSize = new ViewportSize { Width = width, Height = height },
                JavaScriptEnabled = hasScripts,
                ReducedMotion = ReducedMotion.Reduce,
                TimezoneId = "UTC",
            }
        );
        context.SetDefaultTimeout(Patience);
        return new BrowserPage(context, await context.NewPageAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
