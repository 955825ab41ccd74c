using System.Diagnostics;
using System.Globalization;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>
/// Whoever is killed in the middle of a clone or a push, no process stays behind, no client hangs, and the next clone is whole.
/// </summary>
public sealed class KillTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private readonly SshStation station = new();
    private PrimaryRepository repository = null!;
    private PackGate gate = null!;
    private SshPerson alice = null!;

    public async Task InitializeAsync()
    {
        await station.StartAsync();
        repository = await station.Web.CreateAsync("private/large.git", new History(95) { IncompressibleBytes = 3 << 20 });
        gate = repository.HoldPacks(afterBytes: 1 << 20);
        alice = await station.PersonAsync(station.Alice);
    }

    public async Task DisposeAsync()
    {
        gate.Dispose();
        alice.Dispose();
        await station.DisposeAsync();
    }

    [Fact]
    public async Task ClientKilled()
    {
        using Process clone = await BeginAsync();
        var client = ProcessTree.Of(clone.Id);
        var node = ProcessTree.Of(station.Node.ProcessId);
        foreach (int ssh in client.Named("ssh"))
            Unix.Kill(ssh);
        clone.Kill(entireProcessTree: true);

        // A fill that is worth keeping goes on without its client; everything that served the client ends.
        await Eventually.TrueAsync("relay and connection have gone", () => node.Left().Named("waystation-ssh").Count == 0 && node.Left().Named("sshd").Count == 1, Soon);
        gate.Dispose();
        await Eventually.TrueAsync("the connection to the primary has gone", () => node.Left().Named("ssh").Count == 1, Soon);
        await AssertCloneWorksAsync("after");
    }

    [Fact]
    public async Task RelayKilled()
    {
        using Process clone = await BeginAsync();
        var node = ProcessTree.Of(station.Node.ProcessId);
        foreach (int relay in node.Named("waystation-ssh"))
            Unix.Kill(relay);

        await clone.WaitForExitAsync().WaitAsync(Soon);
        Assert.NotEqual(0, clone.ExitCode);
        gate.Dispose();
        await AssertCloneWorksAsync("after");
    }

    [Fact]
    public async Task SshdKilled_WithAllItsConnections()
    {
        using Process clone = await BeginAsync();
        var node = ProcessTree.Of(station.Node.ProcessId);
        foreach (int sshd in node.Named("sshd"))
            Unix.Kill(sshd);

        await clone.WaitForExitAsync().WaitAsync(Soon);
        Assert.NotEqual(0, clone.ExitCode);
        DeleteAgentSockets(node.Named("sshd"));
        gate.Dispose();
        await Eventually.TrueAsync("a new sshd serves", async () => (await alice.Git.TryAsync("ls-remote", station.AddressOf(repository))).ExitCode == 0, Soon);
        await AssertCloneWorksAsync("after");
    }

    [Fact]
    public async Task NodeKilled()
    {
        using Process clone = await BeginAsync();
        Task<string> said = clone.StandardError.ReadToEndAsync();
        var node = ProcessTree.Of(station.Node.ProcessId);
        Assert.NotEmpty(node.Named("waystation-ssh"));
        Unix.Kill(station.Node.ProcessId);

        await clone.WaitForExitAsync().WaitAsync(Soon);
        Assert.NotEqual(0, clone.ExitCode);
        Assert.Contains("waystation: this node went away", await said, StringComparison.Ordinal);
        gate.Dispose();
        await node.GoneAsync(Soon);
        station.Node.Kill();
        await station.Node.StartAgainAsync();
        station.WriteKnownHosts();
        await AssertCloneWorksAsync("after");
    }

    [Fact]
    public async Task NodeKilled_BetweenSessions_LeavesNoSshd_AndClientsHearOfIt()
    {
        await alice.Git.RunAsync("ls-remote", station.AddressOf(repository));
        var node = ProcessTree.Of(station.Node.ProcessId);
        Assert.NotEmpty(node.Named("sshd"));
        Unix.Kill(station.Node.ProcessId);

        await node.GoneAsync(Soon);
        Assert.NotEqual(0, (await alice.Git.TryAsync("ls-remote", station.AddressOf(repository))).ExitCode);
        station.Node.Kill();
    }

    [Fact]
    public async Task NodeStopped_LetsTheCloneFinish()
    {
        using Process clone = await BeginAsync();
        var node = ProcessTree.Of(station.Node.ProcessId);
        Task<int> stopping = station.Node.StopAsync();
        await Eventually.TrueAsync("no new session is taken", async () => (await alice.Git.TryAsync("ls-remote", station.AddressOf(repository))).ExitCode != 0, Soon);
        gate.Dispose();

        await clone.WaitForExitAsync().WaitAsync(Soon);
        Assert.Equal(0, clone.ExitCode);
        Assert.Equal(0, await stopping);
        await node.GoneAsync(Soon);
    }

    [Fact]
    public async Task ClientKilled_InTheMiddleOfAPush()
    {
        gate.Dispose();
        await alice.Git.RunAsync("clone", "--quiet", station.AddressOf(repository), "pushed");
        GitClient clone = alice.Git.In("pushed");
        await clone.RunAsync("commit", "--quiet", "--allow-empty", "--message", "Half a push");
        string reached = alice.Folder["reached"];
        repository.WriteHook("pre-receive", $"#!/bin/sh\necho $$ >{reached}.new && mv {reached}.new {reached}\nexec sleep 60\n");
        using Process push = clone.Git("push").Start();
        await Eventually.TrueAsync("the primary works on the push", () => File.Exists(reached), Soon);
        var node = ProcessTree.Of(station.Node.ProcessId);
        push.Kill(entireProcessTree: true);

        await Eventually.TrueAsync("relay, sshd's connection and ours have gone", () => node.Left().Count == 2, Soon);
        repository.WriteHook("pre-receive", "#!/bin/sh\nexit 0\n");
        Unix.Kill(int.Parse(await File.ReadAllTextAsync(reached), CultureInfo.InvariantCulture)); // which nobody else ends
    }

    /// <summary>An sshd that is killed leaves the socket of the agent that was forwarded to it, in a folder under <c>/tmp</c> whatever TMPDIR says.</summary>
    private static void DeleteAgentSockets(IReadOnlyList<int> killed)
    {
        foreach (string folder in Directory.GetDirectories("/tmp", "ssh-*").Where(folder => killed.Any(id => File.Exists(Path.Combine(folder, $"agent.{id}")))))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>Begins a clone that stands still in the middle of its pack.</summary>
    private async Task<Process> BeginAsync()
    {
        Process clone = alice.Git.Git("clone", "--quiet", station.AddressOf(repository), "begun").Start();
        await gate.ReachedAsync();
        await Eventually.TrueAsync("the clone receives", () => Directory.Exists(alice.Folder["begun/.git/objects/pack"]) && Directory.EnumerateFiles(alice.Folder["begun/.git/objects/pack"]).Any());
        return clone;
    }

    private async Task AssertCloneWorksAsync(string name)
    {
        await alice.Git.RunAsync("clone", "--quiet", station.AddressOf(repository), name);
        await alice.Git.In(name).RunAsync("fsck", "--strict", "--full");
    }
}
