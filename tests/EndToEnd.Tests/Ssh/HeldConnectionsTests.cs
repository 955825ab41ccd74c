using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>One machine that holds connections open without a login keeps no other out.</summary>
public sealed class HeldConnectionsTests(KeyAuthorityStation station) : IClassFixture<KeyAuthorityStation>
{
    /// <summary>Beyond the 200 from which on sshd turns away by chance.</summary>
    private const int Held = 260;

    [Fact]
    public async Task Others_LogIn_WhileOneAddressHoldsConnections()
    {
        SshStation inner = station.Inner;
        PrimaryRepository repository = await inner.Web.CreateAsync("private/held.git", new History(132));
        using SshPerson alice = inner.PersonWithoutAgent(inner.Alice);
        GitClient elsewhere = alice.GitAs(alice.User with { Options = ["BindAddress=127.0.0.2"] });
        var held = new List<RawConnection>();
        try
        {
            for (int number = 0; number < Held; number++)
            {
                held.Add(await RawConnection.OpenAsync(new Uri($"tcp://{inner.Node.Ssh}")));
            }

            for (int login = 0; login < 8; login++)
            {
                await elsewhere.RunAsync("ls-remote", "--quiet", inner.AddressOf(repository));
            }
        }
        finally
        {
            held.ForEach(static connection => connection.Dispose());
        }
    }
}
