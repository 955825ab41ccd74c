using System.Diagnostics;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>sshd starts the relay with the shell of the node's account; nothing of that account's own set-up takes part.</summary>
public sealed class ShellTests(KeyAuthorityStation station) : IClassFixture<KeyAuthorityStation>
{
    [Fact]
    public async Task StartupFilesOfTheAccount_AreNotRun()
    {
        SshStation inner = station.Inner;
        PrimaryRepository repository = await inner.Web.CreateAsync("private/shell.git", new History(133));
        using SshPerson alice = inner.PersonWithoutAgent(inner.Alice);
        using Process session = alice
            .User.Ssh(inner.Node.Ssh, "-o", "SetEnv=GIT_PROTOCOL=version=2", $"git-upload-pack '{repository.Name}'")
            .Start();
        Assert.NotNull(await session.StandardOutput.ReadLineAsync());

        int relay = Assert.Single(ProcessTree.Of(inner.Node.ProcessId).Named("waystation-ssh"));
        string[] environment = (await File.ReadAllTextAsync($"/proc/{relay}/environ")).Split('\0');
        Assert.Contains($"HOME={inner.Node.DataFolder}/ssh", environment);

        session.StandardInput.Close();
        await session.WaitForExitAsync();
    }
}
