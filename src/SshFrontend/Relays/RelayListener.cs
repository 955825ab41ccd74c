using System.Globalization;
using System.IO.Pipes;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Waystation.SshFrontend.Sshd;
using Waystation.SshRelay;

namespace Waystation.SshFrontend.Relays;

/// <summary>
/// The Unix socket to which relays connect. Only the node's account can use folder and socket, and the kernel is asked for the peer's
/// account as well, because a peer says by which key a user logged in.
/// <code>
///   sshd ──► relay ── Key ──────► line of authorized_keys
///        └─► relay ── Session ──► stdin, stdout, stderr in the node's hands … Exit ──► relay ends with that code
/// </code>
/// </summary>
public sealed class RelayListener : IHostedService, IDisposable
{
    /// <summary>The connections that wait while the node is busy.</summary>
    private const int Backlog = 1024;

    /// <summary>The longest path of a Unix socket (unix(7)), without its end mark.</summary>
    private const int MaxPathLength = 107;

    /// <summary>The time for sessions to finish after the node was told to stop.</summary>
    private static readonly TimeSpan s_drain = TimeSpan.FromSeconds(20);

    /// <summary>The time for the first message of a relay, which comes at once.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly string _path;
    private readonly uint _user;
    private readonly IRelaySessions _door;
    private readonly ILogger<RelayListener> _logger;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _served = [];
    private Task _accepting = Task.CompletedTask;

    /// <param name="path">The socket's path, in a folder that only the node's account can enter.</param>
    /// <param name="user">The only user whose relays are accepted.</param>
    /// <param name="door">Answers the relays.</param>
    /// <param name="logger">The log.</param>
    public RelayListener(string path, uint user, IRelaySessions door, ILogger<RelayListener> logger)
    {
        _path = path;
        _user = user;
        _door = door;
        _logger = logger;
    }

    /// <inheritdoc />
    /// <exception cref="SshSetupException">The socket cannot be made.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (Encoding.UTF8.GetByteCount(_path) > MaxPathLength)
        {
            throw new SshSetupException(
                $"the path {_path} is too long for a Unix socket ({MaxPathLength} bytes): use a data folder with a shorter path"
            );
        }

        // Only one node uses a data folder at a time, so the file is left from an earlier run.
        File.Delete(_path);
        _listener.Bind(new UnixDomainSocketEndPoint(_path));
        File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _listener.Listen(Backlog);
        _accepting = AcceptAsync();
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _closing.CancelAsync();
        await _accepting;
        _listener.Dispose();
        File.Delete(_path);
        Task[] open;
        lock (_gate)
        {
            open = [.. _served];
        }

        try
        {
            await Task.WhenAll(open).WaitAsync(s_drain, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            await _stop.CancelAsync();
            await Task.WhenAll(open);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _listener.Dispose();
        _closing.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket relay = await _listener.AcceptAsync(_closing.Token);
                Task served = Task.Run(() => ServeAsync(relay), CancellationToken.None);
                lock (_gate)
                {
                    _served.Add(served);
                }

                _ = served.ContinueWith(
                    Forget,
                    CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default
                );
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The node stops.
        }
    }

    private void Forget(Task served)
    {
        lock (_gate)
        {
            _served.Remove(served);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var relay = new RelayConnection(socket);
        try
        {
            if (relay.PeerUser is var user && user != _user)
            {
                _logger.StrangerTurnedAway(user);
                return;
            }

            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            patience.CancelAfter(s_patience);
            switch (await relay.ReadAsync(patience.Token))
            {
                case { Kind: RelayMessageKind.Key, Count: 2 } key:
                    string line = await _door.FindLineAsync(KeyOf(key), _stop.Token);
                    await relay.SendAsync(new RelayMessage(RelayMessageKind.Line, Encoding.UTF8.GetBytes(line)), _stop.Token);
                    break;
                case { Kind: RelayMessageKind.Session, Count: 7 } session:
                    int code = await ServeSessionAsync(relay, session);
                    await relay.SendAsync(
                        new RelayMessage(RelayMessageKind.Exit, Encoding.ASCII.GetBytes(code.ToString(CultureInfo.InvariantCulture))),
                        _stop.Token
                    );
                    break;
                case null:
                    break;
                default:
                    throw new InvalidDataException("the message is not one of a relay; the relay may be of another version");
            }
        }
        catch (InvalidDataException e)
        {
            _logger.RelayNotUnderstood(e.Message);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The relay is gone, or the node stops.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _logger.SessionFailed(e);
        }
    }

    private async Task<int> ServeSessionAsync(RelayConnection relay, RelayMessage message)
    {
        await using var session = new RelaySession
        {
            Key = KeyOf(message),
            Command = Text(message[2]) ?? "",
            GitProtocol = Text(message[3]),
            AgentSocket = Text(message[4]),
            Client = Text(message[5]) ?? "",
            Via = Text(message[6]),
            Input = relay.TakeStream(0, PipeDirection.In),
            Output = relay.TakeStream(1, PipeDirection.Out),
            Error = relay.TakeStream(2, PipeDirection.Out),
        };
        // sshd ends with its client, and the relay with sshd. Cancel all work for that client then.
        using var left = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task<int> serving = _door.ServeAsync(session, left.Token);
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task gone = relay.GoneAsync(watching.Token);
        if (await Task.WhenAny(serving, gone) == gone)
        {
            await left.CancelAsync();
        }

        await watching.CancelAsync();
        await gone.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await serving;
    }

    private static string KeyOf(RelayMessage message) => $"{Text(message[0])} {Text(message[1])}";

    /// <summary>Bytes that are not UTF-8 become U+FFFD, which no path may contain.</summary>
    private static string? Text(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? null : Encoding.UTF8.GetString(bytes);
}
