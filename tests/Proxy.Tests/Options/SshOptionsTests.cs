using System.Net;
using Microsoft.Extensions.Configuration;
using Waystation.Proxy.Options;
using Waystation.Proxy.Options.Reading;

namespace Waystation.Proxy.Tests.Options;

/// <summary>The settings of the SSH front end, and the settings that each needs.</summary>
public sealed class SshOptionsTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Fact]
    public void Door_IsOff_UnlessItIsAskedFor() => Assert.False(Read().Ssh.IsOn);

    [Fact]
    public void Agents_AreTaken_WhereThereIsNoKeyAuthority()
    {
        Assert.True(
            Read(
                ("Ssh:Listen", "*:22"),
                ("Primaries:0:SshUrl", "git@git.example.test:"),
                ("Primaries:0:SshKnownHosts", _file)
            ).Ssh.TakesAgents
        );
        Assert.False(Read(("Ssh:Listen", "*:22"), ("Ssh:KeyAuthority:File", _file)).Ssh.TakesAgents);
    }

    [Fact]
    public void Logins_AreBoundedByAddress()
    {
        Assert.Equal(100, Read(("Ssh:Listen", "*:22"), ("Ssh:KeyAuthority:File", _file)).Ssh.MaxLoginsPerAddress);
        Assert.Equal(
            7,
            Read(("Ssh:Listen", "*:22"), ("Ssh:KeyAuthority:File", _file), ("Ssh:MaxLoginsPerAddress", "7")).Ssh.MaxLoginsPerAddress
        );
    }

    [Fact]
    public void Primary_IsConnectedTo_WhereItsAddressSays()
    {
        NodeOptions options = Read(
            ("Ssh:Listen", "127.0.0.1:0"),
            ("Primaries:0:Address", "192.0.2.7:8443"),
            ("Primaries:0:SshUrl", "ssh://git@git.example.test:7999"),
            ("Primaries:0:SshKnownHosts", _file)
        );

        Assert.Equal(
            ("192.0.2.7", null, 7999, _file),
            (
                options.Primaries[0].Ssh!.ConnectHost,
                options.Primaries[0].Ssh!.ConnectPort,
                options.Primaries[0].Ssh!.Port,
                options.Primaries[0].Ssh!.KnownHostsFile
            )
        );
    }

    [Theory]
    [InlineData("22", null)]
    [InlineData("name.example:22", null)]
    [InlineData("::1:22", null)]
    [InlineData("127.0.0.1:70000", null)]
    [InlineData("127.0.0.1:2222", "127.0.0.1:2222")]
    [InlineData("[::1]:22", "[::1]:22")]
    [InlineData("*:22", "[::]:22")]
    [InlineData("localhost:0", "127.0.0.1:0")]
    public void Listen_IsAnAddressAndAPort(string text, string? read) =>
        Assert.Equal(read, Endpoints.TryParseIp(text, out IPEndPoint? value) ? value.ToString() : null);

    [Theory]
    [InlineData("Primaries:0:SshKnownHosts", "Primaries:0:SshUrl=git@git.example.test:")]
    [InlineData("Primaries:0:SshUrl", "Ssh:Listen=*:22")]
    [InlineData("Primaries:0:SshUrl", "Primaries:0:SshUrl=https://git.example.test")]
    [InlineData("Ssh:Listen", "Ssh:Listen=22")]
    [InlineData("Ssh:Agent", "Ssh:Agent=perhaps")]
    [InlineData("Ssh:MaxLoginsPerAddress", "Ssh:MaxLoginsPerAddress=-1")]
    [InlineData("Ssh:HostKeys", "Ssh:HostKeys=/no/such/file")]
    [InlineData("Ssh:KeyAuthority:File", "Ssh:KeyAuthority:File=/no/such/file")]
    [InlineData("Ssh:KeyAuthority:Command", "Ssh:KeyAuthority:Command=relative")]
    [InlineData("Ssh:KeyAuthority:Url", "Ssh:KeyAuthority:Url=http://keys.example.test/")]
    [InlineData("Ssh:KeyAuthority", "Ssh:KeyAuthority:Url=https://keys.example.test/;Ssh:KeyAuthority:Command=/bin/true")]
    [InlineData("Primaries:0:Kind", "Primaries:0:Kind=subversion")]
    [InlineData("Primaries", "Ssh:Listen=*:22;Ssh:Agent=false;Primaries:1:Url=https://other.example.test")]
    public void Wrong_IsNamed(string name, string given)
    {
        SettingsException wrong = Assert.Throws<SettingsException>(() =>
            Read([.. given.Split(';').Select(static one => (one.Split('=')[0], (string?)one.Split('=')[1]))])
        );

        Assert.Contains(wrong.Problems, problem => problem.Split(' ')[0] == name);
    }

    public void Dispose() => File.Delete(_file);

    private static NodeOptions Read(params (string Name, string? Value)[] more)
    {
        var given = new Dictionary<string, string?> { ["Primaries:0:Url"] = "https://git.example.test", ["Data"] = "/data" };
        foreach ((string name, string? value) in more)
        {
            given[name] = value;
        }

        return OptionsReader.Read(new ConfigurationBuilder().AddInMemoryCollection(given).Build());
    }
}
