using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>A person with a home, git and ssh.</summary>
public sealed class SshPerson(TempFolder folder, SshAgent? agent, SshUser user) : IDisposable
{
    public TempFolder Folder => folder;

    public SshUser User => user;

    public GitClient Git { get; } = new GitClient(folder) with { Variables = user.Variables };

    /// <summary>git with ssh set up in another way.</summary>
    public GitClient GitAs(SshUser other) => Git with { Variables = other.Variables };

    public void Dispose()
    {
        agent?.Dispose();
        folder.Dispose();
    }
}
