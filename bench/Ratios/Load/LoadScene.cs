namespace Waystation.Ratios.Load;

/// <summary>The project with both ways to it, somebody who pushes there, and the tips that jobs have seen.</summary>
internal sealed class LoadScene : IDisposable
{
    private readonly TempFolder _folder;

    private LoadScene(TempFolder folder, PrimaryRepository project, LoadDoor node, LoadDoor primary, Pusher pusher) =>
        (_folder, Project, Node, Primary, Pusher) = (folder, project, node, primary, pusher);

    public PrimaryRepository Project { get; }

    /// <summary>The way through the node.</summary>
    public LoadDoor Node { get; }

    /// <summary>The way straight to the primary.</summary>
    public LoadDoor Primary { get; }

    public Pusher Pusher { get; }

    public Recent Recent { get; } = new();

    public static async Task<LoadScene> SetUpAsync(Stage stage)
    {
        PrimaryRepository project = await stage.ProjectAsync();
        LoadDoor node = DoorAt("node", stage.Node.Url),
            primary = DoorAt("primary", stage.Primary.Url);
        var folder = new TempFolder();
        try
        {
            var git = new GitClient(folder) { Timeout = TimeSpan.FromMinutes(5) };
            return new LoadScene(folder, project, node, primary, await Pusher.CloneAsync(git, node.Reading));
        }
        catch
        {
            folder.Dispose();
            throw;
        }

        LoadDoor DoorAt(string name, Uri server) => new(name, server.To(project).AbsoluteUri, server.To(project, "alice").AbsoluteUri);
    }

    public void Dispose() => _folder.Dispose();
}
