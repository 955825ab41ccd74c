using System.Buffers;
using System.IO.Pipelines;
using Waystation.CacheStore.Packs.Filling;
using Waystation.CacheStore.Streams;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Primaries;

/// <summary>
/// Watches a transfer that others wait for: each byte of it is a sign of life. A primary that has said nothing for long is not waited for
/// any more, for what hangs holds a place that others need.
/// </summary>
internal sealed class SignsOfLife : IDisposable
{
    /// <summary>
    /// git's servers say something every 5 seconds, others when they have counted so many objects more; a balancer before them cuts what is
    /// idle for a minute.
    /// </summary>
    private static readonly TimeSpan s_most = TimeSpan.FromSeconds(60);

    private readonly SourceSilence _silence;
    private readonly CancellationTokenSource _hangs;
    private readonly CancellationTokenSource _either;

    public SignsOfLife(TimeProvider time, CancellationToken stopping)
    {
        _silence = new SourceSilence(time);
        _silence.End();
        _hangs = new CancellationTokenSource(s_most, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_hangs.Token, stopping);
    }

    /// <summary>Cancelled when the transfer hangs, or is to end.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>It has been silent for so long that nobody begins to wait for it.</summary>
    public bool IsDoubtful => _silence.Exhausts(Fill.Patience);

    public void Note()
    {
        _silence.End();
        _hangs.CancelAfter(s_most);
    }

    /// <summary>Does it; that it hung is told as the primary's failure.</summary>
    /// <exception cref="PrimaryException">The primary was silent for too long.</exception>
    public async Task<T> WatchAsync<T>(Func<Task<T>> transfer)
    {
        try
        {
            return await transfer();
        }
        catch (OperationCanceledException e) when (_hangs.IsCancellationRequested)
        {
            throw new PrimaryException($"it said nothing for {s_most.TotalSeconds:0} s", e);
        }
    }

    /// <summary>Moves a pack; each byte of it is a sign of life.</summary>
    /// <exception cref="PrimaryException">The answer broke off, or the primary reported an error. Of a bare pack only its trailer says
    /// whether it is whole.</exception>
    public async Task CopyPackAsync(
        PipeReader body,
        ResponseFraming framing,
        Func<ReadOnlySequence<byte>, CancellationToken, ValueTask> write
    )
    {
        if (await PackResponse.CopyPackAsync(body, framing, new TransferSink(write, this), Token) is { } broken)
        {
            throw new PrimaryException(broken.SourceError is { } said ? $"{broken.Reason}: {said}" : broken.Reason);
        }
    }

    public void Dispose()
    {
        _either.Dispose();
        _hangs.Dispose();
    }
}
