namespace Waystation.EndToEnd.Tests.Clients;

/// <summary>Every client that is tried.</summary>
internal static class ClientTable
{
    private static readonly ClientRow[] s_rows =
    [
        new("git-v0", home => GitAsync(home, 0), 0, Shallowness.ClonesAndDeepens),
        new("git-v1", home => GitAsync(home, 1), 1, Shallowness.ClonesAndDeepens),
        new("git-v2", home => GitAsync(home, 2), 2, Shallowness.ClonesAndDeepens),
        new("pygit2", home => PythonAsync(home, "with-pygit2.py"), 0, Shallowness.None),
        new("dulwich", home => PythonAsync(home, "with-dulwich.py"), 0, Shallowness.ClonesAndDeepens),
        new("jgit", JgitBuild.ClientAsync, 0, Shallowness.None),
        // It asks for nothing if it has every tip, at any depth.
        new("go-git", GoGitBuild.ClientAsync, 0, Shallowness.Clones),
        new("isomorphic-git", IsomorphicGitModules.ClientAsync, 0, Shallowness.ClonesAndDeepens),
    ];

    public static TheoryData<string> All => new(s_rows.Select(row => row.Name));

    public static TheoryData<string> Shallow => new(s_rows.Where(row => row.Shallow != Shallowness.None).Select(row => row.Name));

    public static ClientRow Of(string name) => s_rows.Single(row => row.Name == name);

    private static Task<IClient> GitAsync(string home, int protocolVersion) =>
        Task.FromResult<IClient>(
            new ProgramClient("sh", Path.Combine(ProgramClient.Folder, "git.sh"))
            {
                Home = home,
                Variables = new Dictionary<string, string>
                {
                    ["GIT_CONFIG_COUNT"] = "1",
                    ["GIT_CONFIG_KEY_0"] = "protocol.version",
                    ["GIT_CONFIG_VALUE_0"] = $"{protocolVersion}",
                },
            }
        );

    /// <summary>The system's own Python, which sees the system's packages, whatever other comes first in the path.</summary>
    private static Task<IClient> PythonAsync(string home, string program) =>
        Task.FromResult<IClient>(
            new ProgramClient("/usr/bin/python3", "-I", "-B", Path.Combine(ProgramClient.Folder, program)) { Home = home }
        );
}
