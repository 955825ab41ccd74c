namespace Waystation.EndToEnd.Tests.Clients;

/// <summary>Every client that is tried.</summary>
internal static class ClientTable
{
    private static readonly ClientRow[] s_rows =
    [
        new("git-v0", home => GitAsync(home, 0), 0, KnowsShallow: true),
        new("git-v1", home => GitAsync(home, 1), 1, KnowsShallow: true),
        new("git-v2", home => GitAsync(home, 2), 2, KnowsShallow: true),
        new("pygit2", home => PythonAsync(home, "with-pygit2.py"), 0, KnowsShallow: false),
        new("dulwich", home => PythonAsync(home, "with-dulwich.py"), 0, KnowsShallow: true),
        new("jgit", JgitBuild.ClientAsync, 0, KnowsShallow: false),
        new("isomorphic-git", IsomorphicGitModules.ClientAsync, 0, KnowsShallow: true),
    ];

    public static TheoryData<string> All => new(s_rows.Select(row => row.Name));

    public static TheoryData<string> Shallow => new(s_rows.Where(row => row.KnowsShallow).Select(row => row.Name));

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
