using System.Diagnostics;
using System.Net.Sockets;

namespace Waystation.TestKit.Servers;

/// <summary>An ssh-agent of its own; it ends with the test.</summary>
public sealed class SshAgent : IDisposable
{
    private readonly Process _process;

    private SshAgent(Process process, string socket)
    {
        this._process = process;
        Socket = socket;
    }

    /// <summary>What <c>SSH_AUTH_SOCK</c> says.</summary>
    public string Socket { get; }

    /// <summary>Starts an agent that holds these keys, offered in this order.</summary>
    public static async Task<SshAgent> StartAsync(TempFolder folder, params IReadOnlyList<SshKey> keys)
    {
        ArgumentNullException.ThrowIfNull(folder);
        string socket = folder["agent-" + Path.GetRandomFileName()[..4]];
        Process started = new Command("ssh-agent", "-D", "-a", socket).Start();
        var agent = new SshAgent(started, socket);
        try
        {
            _ = started.StandardOutput.ReadToEndAsync();
            _ = started.StandardError.ReadToEndAsync();
            await Eventually.TrueAsync("the agent listens", () => Listens(socket));
            foreach (SshKey key in keys)
            {
                await agent.AddAsync(key);
            }

            return agent;
        }
        catch
        {
            agent.Dispose();
            throw;
        }
    }

    public Task AddAsync(SshKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new Command("ssh-add", "-q", key.PrivateFile)
        {
            Environment = new Dictionary<string, string> { ["SSH_AUTH_SOCK"] = Socket },
        }.MustRunAsync();
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        File.Delete(Socket);
    }

    /// <summary>The socket's file is there before anybody listens at it.</summary>
    private static bool Listens(string socket)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(socket));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
