using Microsoft.AspNetCore.Components;

namespace Waystation.Proxy.Dashboard.Pages;

/// <summary>The content of a page below its heading. It is rendered for the page, and again for each live update.</summary>
public abstract class PageView : ComponentBase
{
    /// <summary>The operator.</summary>
    [Parameter]
    [EditorRequired]
    public Viewer Viewer { get; set; } = null!;

    /// <summary>What of the page is wanted.</summary>
    [Parameter]
    [EditorRequired]
    public PageQuery Query { get; set; } = null!;
}
