using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace Waystation.Proxy.Dashboard.Pages;

/// <summary>Renders Razor components to text, on the server and once: no page is kept alive.</summary>
internal sealed class PageRenderer(IServiceProvider services, ILoggerFactory loggers)
{
    /// <summary>Renders a component.</summary>
    /// <param name="view">The component.</param>
    /// <param name="parameters">Its parameters.</param>
    public async Task<string> RenderAsync(Type view, IReadOnlyList<(string Name, object? Value)> parameters)
    {
        var named = ParameterView.FromDictionary(
            parameters.ToDictionary(static one => one.Name, static one => one.Value, StringComparer.Ordinal)
        );
        await using var renderer = new HtmlRenderer(services, loggers);
        return await renderer.Dispatcher.InvokeAsync(async () => (await renderer.RenderComponentAsync(view, named)).ToHtmlString());
    }

    /// <summary>The content of a page.</summary>
    public Task<string> RenderAsync(DashboardPage page, Viewer viewer, PageQuery query) =>
        RenderAsync(page.View, [(nameof(PageView.Viewer), viewer), (nameof(PageView.Query), query)]);
}
