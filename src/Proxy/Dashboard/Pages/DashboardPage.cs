namespace Waystation.Proxy.Dashboard.Pages;

/// <summary>A page of the dashboard.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Name">Its name in the navigation, and its heading.</param>
/// <param name="View">The component of its content.</param>
public sealed record DashboardPage(string Path, string Name, Type View)
{
    /// <summary>The pages, in the order of the navigation.</summary>
    public static IReadOnlyList<DashboardPage> All { get; } =
    [
        new("/", "Overview", typeof(OverviewView)),
        new("/requests", "Requests", typeof(RequestsView)),
        new("/repositories", "Repositories", typeof(RepositoriesView)),
        new("/queue", "Queue", typeof(QueueView)),
        new("/vet", "Vet", typeof(VetView)),
        new("/farm", "Farm", typeof(FarmView)),
        new("/node", "Node", typeof(NodeView)),
    ];

    /// <summary>The path of its live updates.</summary>
    public string Events => $"/dashboard/events{Path}";
}
