using System.Net.Sockets;
using Waystation.Primaries.Gate;

namespace Waystation.Primaries.Ssh;

/// <summary>
/// The node's own probe whether an SSH server answers: a connection without a login, until the server has named its protocol (RFC 4253,
/// section 4.2).
/// </summary>
/// <param name="target">The server.</param>
/// <param name="patience">The longest silence.</param>
/// <param name="time">The clock.</param>
internal sealed class SshProbe(SshTarget target, TimeSpan patience, TimeProvider time)
{
    /// <summary>The time for a connection; a server far away needs less than a second.</summary>
    private static readonly TimeSpan s_connectWithin = TimeSpan.FromSeconds(5);

    /// <summary>sshd closes some connections at random while many others log in (sshd_config(5), MaxStartups).</summary>
    private const int Looks = 3;

    private static readonly TimeSpan s_betweenLooks = TimeSpan.FromMilliseconds(300);

    /// <summary>Probes the server; null if it answers.</summary>
    public async Task<ProbeFailure?> AskAsync(CancellationToken cancellationToken)
    {
        for (int look = 1; ; look++)
        {
            ProbeFailure? wrong = await LookAsync(cancellationToken);
            if (wrong is not { IsReached: true })
            {
                return wrong;
            }

            if (look == Looks)
            {
                return wrong with { IsReached = false };
            }

            await Task.Delay(s_betweenLooks, time, cancellationToken);
        }
    }

    private async Task<ProbeFailure?> LookAsync(CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(s_connectWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        bool isConnected = false;
        try
        {
            await socket.ConnectAsync(target.ConnectHost ?? target.Host, target.ConnectPort ?? target.Port, either.Token);
            isConnected = true;
            late.CancelAfter(patience);
            int read = await socket.ReceiveAsync(new byte[64], either.Token);
            return read > 0 ? null : new ProbeFailure("it closed the connection without a message", IsReached: true);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            TimeSpan waited = isConnected ? patience : s_connectWithin;
            return new ProbeFailure($"no {(isConnected ? "answer" : "connection")} within {waited.TotalSeconds:0} s", IsReached: false)
            {
                IsLate = true,
            };
        }
        catch (SocketException e)
        {
            return new ProbeFailure(e.Message, IsReached: isConnected);
        }
    }
}
