using System.Net;
using Waystation.SshFrontend.Sshd;

namespace Waystation.SshFrontend.Tests;

/// <summary>sshd gets the options that its release knows, and no others.</summary>
public sealed class SshdConfigWriterTests
{
    [Theory]
    [InlineData(nameof(SshdRelease.Old), 0, 0, 0)]
    [InlineData(nameof(SshdRelease.BoundsAddresses), 1, 0, 0)]
    [InlineData(nameof(SshdRelease.ClosesIdle), 1, 1, 0)]
    [InlineData(nameof(SshdRelease.Penalizes), 1, 1, 1)]
    public void Settings_AreThoseThatTheReleaseKnows(string release, int bounds, int idle, int penalties)
    {
        string[] lines = Write(Enum.Parse<SshdRelease>(release), 100);

        Assert.Contains("MaxStartups 200:30:400", lines);
        Assert.Equal(bounds, lines.Count(static line => line == "PerSourceMaxStartups 100"));
        Assert.Equal(bounds, lines.Count(static line => line == "PerSourceNetBlockSize 32:64"));
        Assert.Equal(idle, lines.Count(static line => line.StartsWith("UnusedConnectionTimeout ", StringComparison.Ordinal)));
        Assert.Equal(idle, lines.Count(static line => line == "ChannelTimeout session=30m"));
        Assert.Equal(penalties, lines.Count(static line => line.StartsWith("PerSourcePenalties ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Addresses_AreNotBounded_WhereTheOperatorSaysSo() =>
        Assert.Contains("PerSourceMaxStartups none", Write(SshdRelease.BoundsAddresses, 0));

    [Theory]
    [InlineData("/data/ssh", "SetEnv HOME=/data/ssh")]
    [InlineData("/my data/ssh", "SetEnv \"HOME=/my data/ssh\"")]
    public void HomeOfTheShell_IsTheNodesFolder(string folder, string line) => Assert.Contains(line, Write(SshdRelease.Old, 100, folder));

    private static string[] Write(SshdRelease release, int perAddress, string folder = "/data/ssh") =>
        SshdConfigWriter
            .Write(
                new SshdOptions
                {
                    Listen = new IPEndPoint(IPAddress.Loopback, 22),
                    Folder = folder,
                    Relay = "/opt/relay",
                    MaxLoginsPerAddress = perAddress,
                },
                22,
                "git",
                ["/data/ssh/key"],
                release
            )
            .Split('\n');
}
