using System.Buffers;
using System.IO.Pipelines;
using Waystation.CacheStore.Packs.Filling;
using Waystation.CacheStore.Streams;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Primaries;

/// <summary>
/// Watches a transfer for which requests wait: each byte is a sign of life. When the primary has been silent for long, the transfer ends,
/// because a transfer that hangs holds a place that others need.
/// </summary>
internal sealed class SignsOfLife : IDisposable
{
    /// <summary>
    /// git's servers send something every 5 seconds, other servers after a number of counted objects; a balancer in front of them cuts a
    /// connection that is idle for a minute.
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

    /// <summary>Cancelled when the transfer hangs or must end.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>Whether it has been silent for so long that no further request waits for it.</summary>
    public bool IsDoubtful => _silence.Exhausts(Fill.Patience);

    public void Note()
    {
        _silence.End();
        _hangs.CancelAfter(s_most);
    }

    /// <summary>Runs the transfer. A hang becomes the primary's failure.</summary>
    /// <exception cref="PrimaryException">The primary was silent for too long.</exception>
    public async Task<T> WatchAsync<T>(Func<Task<T>> transfer)
    {
        try
        {
            return await transfer();
        }
        catch (OperationCanceledException e) when (_hangs.IsCancellationRequested)
        {
            throw new PrimaryException($"it sent nothing for {s_most.TotalSeconds:0} s", e);
        }
    }

    /// <summary>Copies a pack; each byte is a sign of life.</summary>
    /// <exception cref="PrimaryException">The response ended early, or the primary reported an error. Only the trailer of a bare pack shows
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
