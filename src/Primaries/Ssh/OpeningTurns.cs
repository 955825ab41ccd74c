using System.Threading.Channels;

namespace Waystation.Primaries.Ssh;

/// <summary>
/// How many connections to the primary are being opened at once. OpenSSH's sshd turns connections away at random when ten have not
/// logged in yet (sshd_config(5), MaxStartups).
/// </summary>
internal sealed class OpeningTurns
{
    private const int MaxOpening = 8;

    /// <summary>An opening may wait for somebody to touch a token: the others do not wait for that.</summary>
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(5);

    /// <summary>Full when so many are under way.</summary>
    private readonly Channel<Turn> _open = Channel.CreateBounded<Turn>(MaxOpening);

    /// <summary>Waits for a turn, and goes on without one when that takes too long.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        var turn = new Turn(_open.Reader);
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        wait.CancelAfter(s_longestWait);
        try
        {
            await _open.Writer.WriteAsync(turn, wait.Token);
            turn.IsCounted = true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Without a turn, then.
        }

        return turn;
    }

    private sealed class Turn(ChannelReader<Turn> open) : IDisposable
    {
        public bool IsCounted { get; set; }

        /// <summary>Makes room for another: which one is taken out does not matter.</summary>
        public void Dispose()
        {
            if (IsCounted)
            {
                IsCounted = false;
                open.TryRead(out _);
            }
        }
    }
}
