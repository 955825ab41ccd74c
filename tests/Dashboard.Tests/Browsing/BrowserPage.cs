using System.Text.Json;
using Microsoft.Playwright;

namespace Waystation.Dashboard.Tests.Browsing;

/// <summary>A page, with everything that went wrong on it: messages on the console, exceptions, requests to other servers.</summary>
public sealed class BrowserPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly List<string> _troubles = [];

    internal BrowserPage(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.Console += (_, message) => Note(message.Type is "error" or "warning", $"console: {message.Text} ({message.Location})");
        page.PageError += (_, error) => Note(true, $"exception: {error}");
        page.Dialog += async (_, dialog) =>
        {
            Note(true, $"dialog: {dialog.Message}");
            await dialog.DismissAsync();
        };
        page.Request += (_, request) =>
            Note(Host is not null && new Uri(request.Url).Authority != Host, $"asks another server: {request.Url}");
    }

    public IPage Page { get; }

    /// <summary>The server to which alone the page may go; null for any.</summary>
    public string? Host { get; set; }

    /// <summary>What went wrong since the last call.</summary>
    public IReadOnlyList<string> TakeTroubles()
    {
        lock (_troubles)
        {
            string[] taken = [.. _troubles];
            _troubles.Clear();
            return taken;
        }
    }

    /// <summary>Goes to a page of a node and waits until it is complete.</summary>
    public async Task<IResponse> GoAsync(Uri admin, string path)
    {
        Host = admin.Authority;
        return await Page.GotoAsync(new Uri(admin, path).AbsoluteUri, new PageGotoOptions { WaitUntil = WaitUntilState.Load })
            ?? throw new InvalidOperationException($"{path} did not answer");
    }

    /// <summary>
    /// Waits until the browser is at an address that matches the pattern. Not for the end of the page's load: the driver can miss it when
    /// it is asked as the load ends, and then waits in vain.
    /// </summary>
    public Task ArriveAsync(string pattern) =>
        Page.WaitForURLAsync(pattern, new PageWaitForURLOptions { WaitUntil = WaitUntilState.Commit });

    /// <summary>Waits until the live updates run.</summary>
    public Task LiveAsync() => Page.Locator("#as-of[data-state=live]").WaitForAsync();

    /// <summary>What axe-core finds: the rule and the elements.</summary>
    public async Task<IReadOnlyList<string>> AxeAsync()
    {
        if (!await Page.EvaluateAsync<bool>("() => 'axe' in window"))
        {
            // Evaluated by the debugger's protocol, so that the page's policy stays as it is.
            await Page.EvaluateAsync(await AxeCore.ScriptAsync());
        }

        string found = await Page.EvaluateAsync<string>(
            """
            async () => {
              const result = await axe.run(document, { resultTypes: ["violations"] });
              return JSON.stringify(result.violations.map(one =>
                `${one.id}: ${one.help}: ` + one.nodes.map(node => `${node.html} (${node.failureSummary})`).join(" | ")));
            }
            """
        );
        return JsonSerializer.Deserialize<string[]>(found)!;
    }

    /// <summary>How far the page can be scrolled to the side, in pixels.</summary>
    public Task<int> SidewaysAsync() =>
        Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");

    /// <summary>The accessible name of the focused element, or its text.</summary>
    public Task<string> FocusedAsync() =>
        Page.EvaluateAsync<string>(
            """
            () => {
              const one = document.activeElement;
              if (!one || one === document.body) return "";
              const label = one.getAttribute("aria-label") ?? (one.labels?.length ? one.labels[0].textContent : null);
              return (label ?? one.textContent).replace(/\s+/g, " ").trim();
            }
            """
        );

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    private void Note(bool isTrouble, string what)
    {
        if (isTrouble)
        {
            lock (_troubles)
            {
                _troubles.Add(what);
            }
        }
    }
}
