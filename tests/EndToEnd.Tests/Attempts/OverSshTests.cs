using System.Net.Sockets;
using Waystation.EndToEnd.Tests.Ssh;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Attempts;

/// <summary>What somebody without permission may try over SSH. <c>docs/security.md</c> lists all attempts and their tests.</summary>
public sealed class OverSshTests(AttemptStation station) : IClassFixture<AttemptStation>
{
    private static readonly string[] s_commands =
    [
        "git-upload-pack '../private/plans.git'",
        "git-upload-pack 'public/../private/plans.git'",
        "git-upload-pack '/private/plans.git'",
        "git-upload-pack '//private/plans.git'",
        "git-upload-pack './private/plans.git'",
        "git-upload-pack 'private/plans.git/'",
        "git-upload-pack 'private/plans'",
        "git-upload-pack 'private/%70lans.git'",
        "git-upload-pack '/etc'",
        "git-upload-pack '--strict' 'private/plans.git'",
        "git-upload-pack '-oProxyCommand=id'",
        "git-upload-pack 'private/plans.git' 'x'",
        "git-upload-archive 'private/plans.git'",
        "git-receive-pack 'private/plans.git'",
        "git-upload-pack \"$(cat /etc/passwd)\"",
        "git-upload-pack 'private/plans.git'; id",
    ];

    [Fact]
    public async Task CommandsOfMallory_GetNothing()
    {
        using SshPerson mallory = await station.Doors.PersonAsync(station.Doors.Mallory);
        CommandResult[] results = await Task.WhenAll(s_commands.Select(command => mallory.User.Ssh(station.Node.Ssh, command).RunAsync()));

        Assert.All(
            s_commands.Zip(results),
            static one =>
            {
                Assert.True(one.Second.ExitCode != 0, one.First);
                Assert.Equal((one.First, ""), (one.First, one.Second.Output));
                Assert.DoesNotContain("root:", one.Second.Error, StringComparison.Ordinal);
            }
        );
        await station.AssertAliceIsServedAsync();
    }

    /// <summary>The kernel says which account connects to the relay's socket; here the account is right and the bytes are not.</summary>
    [Fact]
    public async Task RelaySocket_EndsWithoutAWord_ForBytesThatAreNoMessage()
    {
        string socket = Path.Combine(station.Node.DataFolder, "ssh", "relay");
        foreach (
            byte[] bytes in (byte[][])
                [
                    [0xff, 0xff, 0xff, 0x7f],
                    [1, 0, 0, 0, 9],
                    [0, 0, 0, 0],
                    "GET / HTTP/1.1\r\n\r\n"u8.ToArray(),
                ]
        )
        {
            using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await client.ConnectAsync(new UnixDomainSocketEndPoint(socket));
            await client.SendAsync(bytes);
            client.Shutdown(SocketShutdown.Send);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            Assert.Equal(0, await client.ReceiveAsync(new byte[16], SocketFlags.None, patience.Token));
        }

        using SshPerson alice = await station.Doors.PersonAsync(station.Doors.Alice);
        Assert.Equal(0, (await alice.Git.TryAsync("ls-remote", station.Doors.AddressOf(station.Plans))).ExitCode);
    }

    /// <summary>
    /// The form that docs/security.md advises: the key may be used at the node, and from the node at the primary, and nowhere else.
    /// </summary>
    [Theory]
    [InlineData("the node, and from there the primary", true, "NODE", "NODE>PRIMARY")]
    [InlineData("the node alone", false, "NODE")]
    [InlineData("the node, and from there another host", false, "NODE", "NODE>ELSEWHERE")]
    [InlineData("the primary alone", false, "PRIMARY")]
    public async Task ConstrainedKeyOfAnAgent_IsGoodAtThePrimary_OnlyBehindTheNode(string what, bool isGood, params string[] ways)
    {
        using var folder = new TempFolder();
        string node = File.ReadAllText(Path.Combine(station.Node.DataFolder, "ssh", "host_ed25519_key.pub")).Trim();
        string primary = File.ReadAllText(station.Doors.Sshd.KnownHostsFile).Split(' ', 2)[1].Trim();
        SshKey elsewhere = await SshKey.CreateAsync(folder["elsewhere"]);
        await File.WriteAllTextAsync(folder["hosts"], $"node {node}\nprimary {primary}\nelsewhere {elsewhere.PublicLine}\n");
        using SshPerson alice = await station.Doors.PersonAsync();
        string[] constraints =
        [
            .. ways.SelectMany(way =>
                new[]
                {
                    "-h",
                    way.Replace("NODE", "node", StringComparison.Ordinal)
                        .Replace("PRIMARY", $"{SshdPrimary.User}@primary", StringComparison.Ordinal)
                        .Replace("ELSEWHERE", "elsewhere", StringComparison.Ordinal),
                }
            ),
        ];
        await new Command("ssh-add", ["-q", "-H", folder["hosts"], .. constraints, station.Doors.Alice.PrivateFile])
        {
            Environment = new Dictionary<string, string> { ["SSH_AUTH_SOCK"] = alice.User.Agent!.Socket },
        }.MustRunAsync();

        CommandResult listing = await alice.Git.TryAsync("ls-remote", station.Doors.AddressOf(station.Plans));

        Assert.True(isGood == (listing.ExitCode == 0), $"{what}: {listing.ExitCode} {listing.Error}");
        Assert.Equal(isGood, listing.Output.Contains("refs/heads/main", StringComparison.Ordinal));
    }
}
