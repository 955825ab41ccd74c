using System.Net;
using System.Net.Sockets;
using Waystation.Primaries;
using Waystation.Proxy.Doctor.Checks;
using Waystation.Proxy.Doctor.Looks;
using Waystation.Proxy.Doctor.Reporting;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Doctor;

/// <summary>Faults for which a test needs another name server, disk, account or program than this machine has.</summary>
public sealed class CheckTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("127.0.0.1", "Ok", "is at 127.0.0.1", "")]
    [InlineData("127.0.0.1 ::1", "Warning", "IPv6 address ::1 is in DNS, but takes no connection", "AAAA record")]
    [InlineData("127.0.0.1 127.9.9.9", "Warning", "IPv4 address 127.9.9.9 is in DNS", "remove its record")]
    [InlineData("", "Fail", "has no address", "/etc/resolv.conf")]
    public async Task Name_IsLookedUp_AndEachAddressTried(string addresses, string state, string seen, string remedy)
    {
        await using ScriptedPrimary primary = await ScriptedPrimary.StartAsync();
        using var server = new GitServer(
            new PrimaryOptions { Url = new Uri($"http://git.example.test:{primary.Port}") },
            "Primaries:0",
            ServerRole.Primary
        );
        var check = new NameCheck(
            server,
            (_, _) =>
                addresses.Length == 0
                    ? throw new SocketException((int)SocketError.HostNotFound)
                    : Task.FromResult<IPAddress[]>([.. addresses.Split(' ').Select(IPAddress.Parse)])
        );

        AssertHas(await RunAsync(check), Enum.Parse<FindingState>(state), seen, remedy);
    }

    [Theory]
    [InlineData(SocketError.AccessDenied, "may not take a port below 1024", "CAP_NET_BIND_SERVICE")]
    [InlineData(SocketError.AddressAlreadyInUse, "another program has this port", "change Listen")]
    public async Task Port_IsRefused_ForAReason(SocketError error, string seen, string remedy)
    {
        var check = new PortCheck("Listen", new IPEndPoint(IPAddress.Loopback, 1), _ => throw new SocketException((int)error));
        AssertHas(await RunAsync(check), FindingState.Fail, seen, remedy);
    }

    [Theory]
    [InlineData("git version 2.20.1", "Fail", "is too old", "2.36 or newer")]
    [InlineData("git version 2.39.5 (Debian)", "Ok", "2.39.5", "")]
    [InlineData("command not found", "Fail", "says: command not found", "reinstall")]
    public async Task Program_IsAsked_ForItsVersion(string says, string state, string seen, string remedy)
    {
        string program = _folder["git"];
        await File.WriteAllTextAsync(program, $"#!/bin/sh\necho '{says}'\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        AssertHas(
            await RunAsync(new ProgramCheck(program, "--version", "git", new Version(2, 36))),
            Enum.Parse<FindingState>(state),
            seen,
            remedy
        );
    }

    [Fact]
    public async Task Program_IsMissing()
    {
        var check = new ProgramCheck(_folder["no-such-program"], "--version", "git", new Version(2, 36));
        AssertHas(await RunAsync(check), FindingState.Fail, "is not on the PATH", "apt-get install git");
    }

    [Fact]
    public async Task Relay_IsMissing() =>
        AssertHas(await RunAsync(new SshdCheck(_folder["relay"], [], isRedirected: false)), FindingState.Fail, "is missing", "docs/ssh.md");

    [Fact]
    public async Task HostKeys_AreGood_AndThoseClientsKnow()
    {
        await File.WriteAllTextAsync(_folder["relay"], "");
        await File.WriteAllTextAsync(_folder["bad-key"], "no key");
        File.SetUnixFileMode(_folder["bad-key"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        SshKey good = await SshKey.CreateAsync(_folder["key"]);

        AssertHas(
            await RunAsync(new SshdCheck(_folder["relay"], [_folder["bad-key"]], isRedirected: false)),
            FindingState.Fail,
            "is no private key, or has a passphrase",
            "docs/ssh.md"
        );
        AssertHas(
            await RunAsync(new SshdCheck(_folder["relay"], [], isRedirected: true)),
            FindingState.Warning,
            "host keys of its own under the primary's name",
            "Ssh:HostKeys"
        );
        Assert.Equal(
            FindingState.Ok,
            (await RunAsync(new SshdCheck(_folder["relay"], [good.PrivateFile], isRedirected: true))).Single().State
        );
    }

    /// <summary>root may enter every folder, so the doctor says nothing to it; another account cannot be the node's.</summary>
    [Theory]
    [InlineData(false, "Fail", "but this is another account", "run the doctor as ")]
    [InlineData(true, "Ok", "mode 0700", "")]
    public async Task DataFolder_IsOfAnotherAccount(bool isRoot, string state, string seen, string remedy)
    {
        string folder = "/root";
        if (Environment.IsPrivilegedProcess)
        {
            folder = _folder["others"];
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await new Command("chown", "1", folder).MustRunAsync();
        }

        AssertHas(await RunAsync(new DataFolderCheck(folder, isRoot)), Enum.Parse<FindingState>(state), seen, remedy);
    }

    [Fact]
    public async Task Disk_IsSlow()
    {
        var check = new DiskCheck(_folder.FullPath, 0, new SettingsCheck([]), double.MaxValue);
        AssertHas(await RunAsync(check.Needs[0], check), FindingState.Warning, "it writes", "a disk that is ill");
        Assert.Empty(Directory.GetFiles(_folder.FullPath));
    }

    [Fact]
    public async Task Look_Ends_WhenItsTimeIsOver_AndThoseThatNeedItAreSkipped()
    {
        var slow = new Waiting("slow", TimeSpan.FromMilliseconds(50));
        var next = new Waiting("next", TimeSpan.FromMinutes(1), slow);
        IReadOnlyList<Finding> findings = await RunAsync(slow, next);
        Assert.Equal([FindingState.Fail, FindingState.Skipped], findings.Select(static line => line.State));
        Assert.Contains("nothing came within 0.1 s", findings[0].Seen, StringComparison.Ordinal);
        Assert.Contains("slow is not in order", findings[1].Seen, StringComparison.Ordinal);

        var late = new Examination(TimeSpan.FromMilliseconds(50));
        Assert.Single(await late.RunAsync([new Waiting("late", TimeSpan.FromMinutes(1))], CancellationToken.None));
    }

    [Theory]
    [InlineData("Farm:Redis = \"h:1,password=geheim,ssl=true\"", "Farm:Redis = \"h:1,password=…,ssl=true\"")]
    [InlineData("http://user:geheim@proxy:3128/ fails", "http://…@proxy:3128/ fails")]
    [InlineData("two\nlines\u001b[0m", "two lines [0m")]
    public async Task Line_HasNoSecret_AndIsOneLine(string text, string line) =>
        Assert.Equal(line, (await RunAsync(new SettingsCheck([text])))[0].Seen);

    public void Dispose() => _folder.Dispose();

    private static Task<IReadOnlyList<Finding>> RunAsync(params IReadOnlyList<Check> checks) =>
        new Examination(TimeSpan.FromSeconds(20)).RunAsync(checks, CancellationToken.None);

    private static void AssertHas(IReadOnlyList<Finding> findings, FindingState state, string seen, string remedy) =>
        Assert.Contains(
            findings,
            line =>
                line.State == state
                && line.Seen.Contains(seen, StringComparison.Ordinal)
                && (line.Remedy ?? "").Contains(remedy, StringComparison.Ordinal)
        );

    private sealed class Waiting(string name, TimeSpan limit, params IReadOnlyList<Check> needs) : Check(name, "", needs)
    {
        public override TimeSpan Limit => limit;

        public override Task ExamineAsync(FindingList findings, CancellationToken cancellationToken) =>
            Task.Delay(Timeout.InfiniteTimeSpan, CancellationToken.None);
    }
}
