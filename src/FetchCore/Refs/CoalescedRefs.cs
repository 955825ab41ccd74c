using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Waystation.CacheStore.Streams;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;

namespace Waystation.FetchCore.Refs;

/// <summary>
/// One question for refs on its way to the primary. Its leader gets the response as it streams. Its followers, known before it was sent,
/// get the refs from memory when all of them have come. They ask for themselves if the response has no refs, or is too large to be held.
/// <code>
///   primary ──► watched ──┬─► pipe ──► leader         a slow leader slows no other: the flight has landed when it has to wait
///                         └─► copy ──► followers      8 MiB at most, 64 MiB for all flights
/// </code>
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Its token source has no timer and no handle; the last one may leave at any time.")]
internal sealed class CoalescedRefs
{
    /// <summary>The head is held back until this many bytes have come, so that an early failure can still become an error status.</summary>
    private const int HeldBack = 64 * 1024;

    /// <summary>
    /// The leader gets this many bytes at once, as long as they come without a pause: a client does nothing before it has all refs, and a
    /// primary sends them in thousands of small parts.
    /// </summary>
    private const int Batch = 64 * 1024;

    /// <summary>The most bytes that are kept for followers: the refs of 130,000 branches.</summary>
    private const int MaxShared = 8 * 1024 * 1024;

    private const long MaxHeld = 64L * 1024 * 1024;

    /// <summary>The pause after which the leader gets fewer.</summary>
    private static readonly TimeSpan s_batchTime = TimeSpan.FromMilliseconds(50);

    private static readonly PipeOptions s_pipe = new(
        pauseWriterThreshold: 1024 * 1024,
        resumeWriterThreshold: 512 * 1024,
        minimumSegmentSize: Batch,
        useSynchronizationContext: false
    );

    private static long s_held;

    private readonly Lock _gate = new();
    private readonly Pipe _pipe = new(s_pipe);
    private readonly TaskCompletionSource<PrimaryReply> _head = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _shared = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _unwanted = new();
    private readonly SourceSilence _silence;
    private readonly TimeProvider _time;
    private readonly Action<CoalescedRefs> _landed;
    private ArrayBufferWriter<byte>? _copy;
    private int _holders;
    private int _hasLanded;
    private int _isLed = 1;

    /// <param name="followers">The number of followers.</param>
    /// <param name="time">The clock.</param>
    /// <param name="landed">Called once, when an equal question may be sent.</param>
    public CoalescedRefs(int followers, TimeProvider time, Action<CoalescedRefs> landed)
    {
        _time = time;
        _silence = new SourceSilence(time);
        _silence.End();
        _landed = landed;
        _holders = followers;
        _copy = followers > 0 ? new ArrayBufferWriter<byte>() : null;
        // The askers of both have left.
        _ = _head.Task.ContinueWith(
            static ended => ended.Exception,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        _ = _shared.Task.ContinueWith(
            static ended => ended.Exception,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }

    /// <summary>Asks the primary and copies the response to its end. A failure reaches leader and followers.</summary>
    /// <param name="leader">Asks the primary and sees the response.</param>
    [SuppressMessage("Design", "CA1031", Justification = "Every failure reaches the waiters.")]
    public async Task RunAsync(IRefsLeader leader)
    {
        await Task.Yield();
        try
        {
            await using PrimaryReply reply = await leader.AskAsync(_unwanted.Token);
            if (!reply.IsAnswer)
            {
                // A redirect, a challenge, a refusal: written for the leader, and shown to no other.
                DropCopy();
            }

            leader.See(reply);
            await MoveAsync(reply, leader);
            leader.End();
            await _pipe.Writer.CompleteAsync();
            _head.TrySetResult(reply);
            _shared.TrySetResult(_copy is not null);
        }
        catch (Exception e)
        {
            leader.Fail(e);
            _head.TrySetException(e);
            _shared.TrySetException(e is PrimaryOutageException outage ? outage.ForOthers() : e);
            await _pipe.Writer.CompleteAsync(e);
        }
        finally
        {
            Complete();
        }
    }

    /// <summary>The leader's response, from its head on.</summary>
    public async Task<RefsAnswer> AskPrimaryAsync(CancellationToken cancellationToken)
    {
        try
        {
            return new RefsAnswer.Streamed(await _head.Task.WaitAsync(cancellationToken), _pipe.Reader, EndLead);
        }
        catch
        {
            EndLead();
            throw;
        }
    }

    /// <summary>Whether the primary sent nothing for longer than a follower waits.</summary>
    public bool WasSilent { get; private set; }

    /// <summary>The whole answer for a follower; null if it must ask for itself.</summary>
    public async Task<RefsAnswer?> FollowAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        bool given = false;
        try
        {
            while (!_shared.Task.IsCompleted)
            {
                if (!await _silence.WaitAsync(_shared.Task, patience, cancellationToken))
                {
                    WasSilent = true;
                    Complete();
                    return null;
                }
            }

            given = await _shared.Task.WaitAsync(cancellationToken);
            return given ? new RefsAnswer.Shared(_copy!.WrittenMemory, EndHold) : null;
        }
        finally
        {
            if (!given)
            {
                EndHold();
            }
        }
    }

    private async Task MoveAsync(PrimaryReply reply, IRefsLeader leader)
    {
        PipeReader body = reply.Body;
        long passed = 0;
        int unsent = 0;
        bool leaderLeft = false;
        while (true)
        {
            Task<ReadResult> reading = body.ReadAsync(_unwanted.Token).AsTask();
            try
            {
                if (unsent >= Batch || (unsent > 0 && !await ComesSoonAsync(reading)))
                {
                    unsent = 0;
                    leaderLeft = await SendAsync();
                }
            }
            finally
            {
                // Whatever happens, the body is not disposed under a read.
                await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            ReadResult read = await reading;
            _silence.End();
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
            {
                leader.Read(segment.Span);
                Copy(segment.Span);
                if (!leaderLeft)
                {
                    _pipe.Writer.Write(segment.Span);
                    unsent += segment.Length;
                }
            }

            passed += read.Buffer.Length;
            body.AdvanceTo(read.Buffer.End);
            if (passed > HeldBack)
            {
                _head.TrySetResult(reply);
            }

            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>Whether the read ends before the leader has to be shown the bytes so far.</summary>
    private async ValueTask<bool> ComesSoonAsync(Task<ReadResult> reading)
    {
        try
        {
            await reading.WaitAsync(s_batchTime, _time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Sends the leader the bytes so far; true if it has left.</summary>
    private async ValueTask<bool> SendAsync()
    {
        ValueTask<FlushResult> flush = _pipe.Writer.FlushAsync(_unwanted.Token);
        if (!flush.IsCompleted)
        {
            // From here on it goes at the leader's speed, and no other client must wait for that.
            Complete();
            DropCopy();
        }

        return (await flush).IsCompleted;
    }

    private void Copy(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (
                _copy is not null
                && _copy.WrittenCount + bytes.Length <= MaxShared
                && Interlocked.Read(ref s_held) + bytes.Length <= MaxHeld
            )
            {
                _copy.Write(bytes);
                Interlocked.Add(ref s_held, bytes.Length);
                return;
            }
        }

        DropCopy();
    }

    /// <summary>The followers ask for themselves.</summary>
    private void DropCopy()
    {
        lock (_gate)
        {
            if (_copy is { } copy)
            {
                _copy = null;
                Interlocked.Add(ref s_held, -copy.WrittenCount);
            }
        }

        _shared.TrySetResult(false);
    }

    /// <summary>The leader needs no more of the response.</summary>
    public void EndLead()
    {
        _pipe.Reader.Complete();
        Volatile.Write(ref _isLed, 0);
        EndIfUnwanted();
    }

    /// <summary>A follower needs no more of the response.</summary>
    public void EndHold()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            DropCopy();
            EndIfUnwanted();
        }
    }

    private void EndIfUnwanted()
    {
        if (Volatile.Read(ref _isLed) == 0 && Volatile.Read(ref _holders) <= 0)
        {
            _unwanted.Cancel();
        }
    }

    /// <summary>An equal question may be sent: this one has its answer, or only its leader waits for it.</summary>
    public void Complete()
    {
        if (Interlocked.Exchange(ref _hasLanded, 1) == 0)
        {
            _landed(this);
        }
    }
}
