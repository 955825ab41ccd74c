using System.Net.Sockets;
using Waystation.Primaries.Ssh.Keys;

namespace Waystation.Primaries.Ssh.Agents;

/// <summary>
/// Stands between one ssh program of the node and the user's agent.
/// <code>
///   ssh ──► AgentRelay ──► user's agent (forwarded by sshd)
///             │ list: the key that the client proved to the node comes first, without comments
///             │ sign: a login is passed on, and its key remembered
///             └ session-bind: passed on (keys may be bound to destinations); every other message is refused
/// </code>
/// So the node knows which key the primary accepted, and does not read it from a log into which others can write: the ssh program asks for
/// a signature only after the server accepted the key.
/// </summary>
internal sealed class AgentRelay : IAsyncDisposable
{
    private readonly string _agent;
    private readonly SshPublicKey _first;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Task _accepting;
    private SshPublicKey? _signed;
    private bool _signedWithSeveral;

    /// <param name="socket">The path of its socket, in a folder that no other account can enter; at most 107 bytes.</param>
    /// <param name="agent">The user's agent.</param>
    /// <param name="first">The key to offer first.</param>
    public AgentRelay(string socket, string agent, SshPublicKey first)
    {
        _agent = agent;
        _first = first;
        try
        {
            _listener.Bind(new UnixDomainSocketEndPoint(socket));
            _listener.Listen();
        }
        catch
        {
            _listener.Dispose();
            throw;
        }

        _accepting = AcceptAsync();
    }

    /// <summary>
    /// The key that signed. Null before, and if several signed: a primary that demands two keys knows a user by both. It is the accepted
    /// key once the login has succeeded.
    /// </summary>
    public SshPublicKey? Signed
    {
        get
        {
            lock (_gate)
            {
                return _signedWithSeveral ? null : _signed;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> served = [];
        try
        {
            while (true)
            {
                Socket ssh = await _listener.AcceptAsync(_stop.Token);
                served.RemoveAll(static task => task.IsCompleted);
                served.Add(ServeAsync(ssh));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(served);
        }
    }

    private async Task ServeAsync(Socket ssh)
    {
        try
        {
            await using var asker = new NetworkStream(ssh, ownsSocket: true);
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_agent), _stop.Token);
            await using var agent = new NetworkStream(socket, ownsSocket: false);
            while (await AgentMessage.ReadAsync(asker, _stop.Token) is { } question)
            {
                await AgentMessage.WriteAsync(asker, await AnswerAsync(question, agent), _stop.Token);
            }
        }
        catch (Exception e)
            when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or ArgumentException)
        {
            // The agent ended with the user's session, or there was none. ssh gets no reply and goes on without an agent.
        }
    }

    private async Task<byte[]> AnswerAsync(byte[] question, NetworkStream agent)
    {
        switch (question[0])
        {
            case AgentMessage.RequestIdentities:
                byte[] keys = await AskAsync(question, agent);
                return keys[0] == AgentMessage.IdentitiesAnswer ? AgentMessage.WithFirst(keys, _first) : AgentMessage.No;
            case AgentMessage.SignRequest when AgentMessage.TryReadLogin(question, out SshPublicKey? key):
                byte[] signature = await AskAsync(question, agent);
                Note(key, signature);
                return signature;
            case AgentMessage.Extension:
                return await AskAsync(question, agent);
            default:
                return AgentMessage.No;
        }
    }

    private void Note(SshPublicKey key, byte[] signature)
    {
        if (signature[0] == AgentMessage.Failure)
        {
            return;
        }

        lock (_gate)
        {
            _signedWithSeveral |= _signed is not null && !_signed.Equals(key);
            _signed = key;
        }
    }

    private async Task<byte[]> AskAsync(byte[] question, NetworkStream agent)
    {
        await AgentMessage.WriteAsync(agent, question, _stop.Token);
        return await AgentMessage.ReadAsync(agent, _stop.Token) ?? throw new IOException("the SSH agent closed the connection");
    }
}
