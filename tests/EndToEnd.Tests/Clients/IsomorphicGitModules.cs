namespace Waystation.EndToEnd.Tests.Clients;

/// <summary><c>Programs/isomorphic-git</c> with its packages.</summary>
internal static class IsomorphicGitModules
{
    private static readonly Lazy<Task<string>> s_folder = new(static () =>
        NpmFolder.InstallAsync(Path.Combine(ProgramClient.Folder, "isomorphic-git"), "client.mjs")
    );

    public static async Task<IClient> ClientAsync(string home) =>
        new ProgramClient("node", Path.Combine(await s_folder.Value, "client.mjs")) { Home = home };
}
