using System.Diagnostics;
using System.Globalization;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>
/// Whichever process is killed in the middle of a clone or a push, none stays behind, no client hangs, and the next clone is whole.
/// </summary>
public sealed class KillTests : IAsyncLifetime
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(30);

    private readonly SshStation _station = new();
    private PrimaryRepository _repository = null!;
    private PackGate _gate = null!;
    private SshPerson _alice = null!;

    public async Task InitializeAsync()
    {
        await _station.StartAsync();
        _repository = await _station.Web.CreateAsync("private/large.git", new History(95) { IncompressibleBytes = 3 << 20 });
        _gate = _repository.HoldPacks(afterBytes: 1 << 20);
        _alice = await _station.PersonAsync(_station.Alice);
    }

    public async Task DisposeAsync()
    {
        _gate.Dispose();
        _alice.Dispose();
        await _station.DisposeAsync();
    }

    [Fact]
    public async Task ClientKilled()
    {
        using Process clone = await BeginAsync();
        var client = ProcessTree.Of(clone.Id);
        var node = ProcessTree.Of(_station.Node.ProcessId);
        foreach (int ssh in client.Named("ssh"))
        {
            Unix.Kill(ssh);
        }

        clone.Kill(entireProcessTree: true);

        // A fill that is worth keeping goes on without its client; everything that served the client ends.
        await Eventually.TrueAsync(
            "relay and connection have gone",
            () => node.Left().Named("waystation-ssh").Count == 0 && node.Left().Named("sshd").Count == 1,
            s_soon
        );
        _gate.Dispose();
        await Eventually.TrueAsync("the connection to the primary has gone", () => node.Left().Named("ssh").Count == 1, s_soon);
        await AssertCloneWorksAsync("after");
    }

    [Fact]
    public async Task RelayKilled()
    {
        using Process clone = await BeginAsync();
        var node = ProcessTree.Of(_station.Node.ProcessId);
        foreach (int relay in node.Named("waystation-ssh"))
        {
            Unix.Kill(relay);
        }

        await clone.WaitForExitAsync().WaitAsync(s_soon);
        Assert.NotEqual(0, clone.ExitCode);
        _gate.Dispose();
        await AssertCloneWorksAsync("after");
    }

    [Fact]
    public async Task SshdKilled_WithAllItsConnections()
    {
        using Process clone = await BeginAsync();
        var node = ProcessTree.Of(_station.Node.ProcessId);
        foreach (int sshd in node.Named("sshd"))
        {
            Unix.Kill(sshd);
        }

        await clone.WaitForExitAsync().WaitAsync(s_soon);
        Assert.NotEqual(0, clone.ExitCode);
        DeleteAgentSockets(node.Named("sshd"));
        _gate.Dispose();
        await Eventually.TrueAsync(
            "a new sshd serves",
            async () => (await _alice.Git.TryAsync("ls-remote", _station.AddressOf(_repository))).ExitCode == 0,
            s_soon
        );
        await AssertCloneWorksAsync("after");
    }

    [Fact]
    public async Task NodeKilled()
    {
        using Process clone = await BeginAsync();
        Task<string> said = clone.StandardError.ReadToEndAsync();
        var node = ProcessTree.Of(_station.Node.ProcessId);
        Assert.NotEmpty(node.Named("waystation-ssh"));
        Unix.Kill(_station.Node.ProcessId);

        await clone.WaitForExitAsync().WaitAsync(s_soon);
        Assert.NotEqual(0, clone.ExitCode);
        Assert.Contains("waystation: the node ended during the command", await said, StringComparison.Ordinal);
        _gate.Dispose();
        await node.GoneAsync(s_soon);
        _station.Node.Kill();
        await _station.Node.StartAgainAsync();
        _station.WriteKnownHosts();
        await AssertCloneWorksAsync("after");
    }

    [Fact]
    public async Task NodeKilled_BetweenSessions_LeavesNoSshd_AndClientsHearOfIt()
    {
        await _alice.Git.RunAsync("ls-remote", _station.AddressOf(_repository));
        var node = ProcessTree.Of(_station.Node.ProcessId);
        Assert.NotEmpty(node.Named("sshd"));
        Unix.Kill(_station.Node.ProcessId);

        await node.GoneAsync(s_soon);
        Assert.NotEqual(0, (await _alice.Git.TryAsync("ls-remote", _station.AddressOf(_repository))).ExitCode);
        _station.Node.Kill();
    }

    [Fact]
    public async Task NodeStopped_LetsTheCloneFinish()
    {
        using Process clone = await BeginAsync();
        var node = ProcessTree.Of(_station.Node.ProcessId);
        Task<int> stopping = _station.Node.StopAsync();
        await Eventually.TrueAsync(
            "no new session is taken",
            async () => (await _alice.Git.TryAsync("ls-remote", _station.AddressOf(_repository))).ExitCode != 0,
            s_soon
        );
        _gate.Dispose();

        await clone.WaitForExitAsync().WaitAsync(s_soon);
        Assert.Equal(0, clone.ExitCode);
        Assert.Equal(0, await stopping);
        await node.GoneAsync(s_soon);
    }

    [Fact]
    public async Task ClientKilled_InTheMiddleOfAPush()
    {
        _gate.Dispose();
        await _alice.Git.RunAsync("clone", "--quiet", _station.AddressOf(_repository), "pushed");
        GitClient clone = _alice.Git.In("pushed");
        await clone.RunAsync("commit", "--quiet", "--allow-empty", "--message", "Half a push");
        string reached = _alice.Folder["reached"];
        _repository.WriteHook("pre-receive", $"#!/bin/sh\necho $$ >{reached}.new && mv {reached}.new {reached}\nexec sleep 60\n");
        using Process push = clone.Git("push").Start();
        await Eventually.TrueAsync("the primary works on the push", () => File.Exists(reached), s_soon);
        var node = ProcessTree.Of(_station.Node.ProcessId);
        push.Kill(entireProcessTree: true);

        await Eventually.TrueAsync("relay, sshd's connection and ours have gone", () => node.Left().Count == 2, s_soon);
        _repository.WriteHook("pre-receive", "#!/bin/sh\nexit 0\n");
        Unix.Kill(int.Parse(await File.ReadAllTextAsync(reached), CultureInfo.InvariantCulture)); // which nobody else ends
    }

    /// <summary>An sshd that is killed leaves the socket of the agent that was forwarded to it, in a folder under <c>/tmp</c> whatever
    /// TMPDIR says.</summary>
    private static void DeleteAgentSockets(IReadOnlyList<int> killed)
    {
        foreach (
            string folder in Directory
                .GetDirectories("/tmp", "ssh-*")
                .Where(folder => killed.Any(id => File.Exists(Path.Combine(folder, $"agent.{id}"))))
        )
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Begins a clone that stands still in the middle of its pack.</summary>
    private async Task<Process> BeginAsync()
    {
        Process clone = _alice.Git.Git("clone", "--quiet", _station.AddressOf(_repository), "begun").Start();
        await _gate.ReachedAsync();
        await Eventually.TrueAsync(
            "the clone receives",
            () =>
                Directory.Exists(_alice.Folder["begun/.git/objects/pack"])
                && Directory.EnumerateFiles(_alice.Folder["begun/.git/objects/pack"]).Any()
        );
        return clone;
    }

    private async Task AssertCloneWorksAsync(string name)
    {
        await _alice.Git.RunAsync("clone", "--quiet", _station.AddressOf(_repository), name);
        await _alice.Git.In(name).RunAsync("fsck", "--strict", "--full");
    }
}
