using System.Buffers;
using System.IO.Pipelines;

namespace Waystation.Proxy.Hooks;

/// <summary>
/// Reads the bodies of webhooks. A signature covers the whole body, so the node must hold bodies of strangers. One bound holds for all of
/// them together. At the bound the body that has had no new bytes for the longest time is given up: a forge sends its notice at once, so
/// the notice passes while others hold half bodies open.
/// </summary>
internal sealed class HookBodies(TimeProvider time)
{
    /// <summary>The longest body; GitHub's own bound is 25 MiB, and a notice of a push of 20 commits has 50 KiB.</summary>
    public const int MaxBody = 1 << 20;

    /// <summary>The bytes that are held at once: sixteen bodies of the greatest length, or some hundred usual ones.</summary>
    public const long MaxHeld = 16L << 20;

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();

    /// <summary>Unfinished bodies; the one that has had no new bytes for the longest time comes first.</summary>
    private readonly LinkedList<Reading> _underWay = new();
    private readonly HookBlocks _blocks = new();
    private long _held;

    /// <summary>Bytes held now.</summary>
    public long Held
    {
        get
        {
            lock (_lock)
            {
                return _held;
            }
        }
    }

    /// <summary>Reads a body, and calls <paramref name="use"/> with all of it.</summary>
    /// <param name="reader">The body of the request.</param>
    /// <param name="use">Called once, with the whole body. The memory is valid for the length of the call.</param>
    /// <param name="cancellationToken">Cancelled when the client has gone.</param>
    /// <returns>The result of <paramref name="use"/>, or the reason why it was not called.</returns>
    /// <typeparam name="T">The type of the result.</typeparam>
    public async Task<(HookBody State, T? Result)> UseAsync<T>(
        PipeReader reader,
        Func<ReadOnlyMemory<byte>, T> use,
        CancellationToken cancellationToken
    )
    {
        using var slow = new CancellationTokenSource(s_timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(slow.Token, cancellationToken);
        var reading = new Reading(_blocks, either);
        Enter(reading);
        try
        {
            HookBody state = await ReadAsync(reader, reading, either.Token);
            return (state, state == HookBody.Whole ? reading.Use(use) : default);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (reading.IsGivenUp ? HookBody.NoRoom : HookBody.TooSlow, default);
        }
        finally
        {
            Leave(reading);
        }
    }

    private async Task<HookBody> ReadAsync(PipeReader reader, Reading reading, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await reader.ReadAsync(cancellationToken);
            HookBody? end = Take(reading, read);

            // The bytes are given back, or the server ends the connection after the response.
            reader.AdvanceTo(read.Buffer.End);
            if (end is { } state)
            {
                return state;
            }
        }
    }

    private void Enter(Reading reading)
    {
        lock (_lock)
        {
            reading.Place = _underWay.AddLast(reading);
        }
    }

    /// <summary>
    /// Adds the bytes to the body. Gives up others, the longest idle first, until all fit, and frees their memory here and now: on a
    /// busy machine their own turn comes only after many more bodies have been read.
    /// </summary>
    /// <returns>How the reading ends; null while more is to come.</returns>
    private HookBody? Take(Reading reading, in ReadResult read)
    {
        List<Reading> givenUp = [];
        HookBody? end;
        lock (_lock)
        {
            if (reading.IsGivenUp)
            {
                return HookBody.NoRoom;
            }

            if (reading.Length + read.Buffer.Length > MaxBody)
            {
                return HookBody.TooLong;
            }

            _held -= reading.Capacity;
            reading.Add(read.Buffer);
            _held += reading.Capacity;
            if (reading.Place is { } place && !read.Buffer.IsEmpty)
            {
                _underWay.Remove(place);
                _underWay.AddLast(place);
            }

            while (_held > MaxHeld && _underWay.First is { } idlest)
            {
                idlest.Value.IsGivenUp = true;
                Forget(idlest.Value);
                givenUp.Add(idlest.Value);
            }

            end =
                reading.IsGivenUp ? HookBody.NoRoom
                : read.IsCompleted ? HookBody.Whole
                : null;
            if (end == HookBody.Whole)
            {
                // It is used next, so nothing takes its memory away any more.
                Unlink(reading);
            }
        }

        givenUp.ForEach(static old => old.Stop());
        return end;
    }

    private void Leave(Reading reading)
    {
        lock (_lock)
        {
            Forget(reading);
        }
    }

    private void Forget(Reading reading)
    {
        _held -= reading.Capacity;
        reading.GiveBack();
        Unlink(reading);
    }

    private void Unlink(Reading reading)
    {
        if (reading.Place is { } place)
        {
            _underWay.Remove(place);
            reading.Place = null;
        }
    }

    /// <summary>
    /// One body as far as it has come, in blocks of one length. A buffer that doubled would leave its shorter forms behind, and the
    /// runtime's pool keeps dozens of each length.
    /// </summary>
    private sealed class Reading(HookBlocks blocks, CancellationTokenSource stop)
    {
        private readonly List<byte[]> _blocks = [];

        /// <summary>Bytes that have come.</summary>
        public int Length { get; private set; }

        /// <summary>Bytes of memory that the blocks take.</summary>
        public int Capacity => _blocks.Count * HookBlocks.Length;

        /// <summary>Its place among those under way; null once it has left them.</summary>
        public LinkedListNode<Reading>? Place { get; set; }

        /// <summary>Another body needed its memory.</summary>
        public bool IsGivenUp { get; set; }

        public void Add(in ReadOnlySequence<byte> bytes)
        {
            foreach (ReadOnlyMemory<byte> segment in bytes)
            {
                ReadOnlySpan<byte> left = segment.Span;
                while (!left.IsEmpty)
                {
                    int at = Length % HookBlocks.Length;
                    if (at == 0)
                    {
                        _blocks.Add(blocks.Take());
                    }

                    int taken = Math.Min(left.Length, HookBlocks.Length - at);
                    left[..taken].CopyTo(_blocks[^1].AsSpan(at));
                    left = left[taken..];
                    Length += taken;
                }
            }
        }

        /// <summary>Gives the body in one piece to <paramref name="use"/>, for the length of that call.</summary>
        public T Use<T>(Func<ReadOnlyMemory<byte>, T> use)
        {
            if (_blocks.Count <= 1)
            {
                return use(_blocks.Count == 0 ? default : _blocks[0].AsMemory(0, Length));
            }

            byte[] whole = ArrayPool<byte>.Shared.Rent(Length);
            try
            {
                for (int i = 0; i < _blocks.Count; i++)
                {
                    int at = i * HookBlocks.Length;
                    _blocks[i].AsSpan(0, Math.Min(HookBlocks.Length, Length - at)).CopyTo(whole.AsSpan(at));
                }

                return use(whole.AsMemory(0, Length));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(whole);
            }
        }

        public void GiveBack()
        {
            _blocks.ForEach(blocks.GiveBack);
            _blocks.Clear();
        }

        public void Stop()
        {
            try
            {
                stop.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has just ended by itself.
            }
        }
    }

    /// <summary>
    /// Free blocks for bodies, no more of them than bodies may hold together: a storm takes the same blocks again and again. The caller has
    /// the lock.
    /// </summary>
    private sealed class HookBlocks
    {
        /// <summary>Bytes of a block. Most notices fit into a few.</summary>
        public const int Length = 16 * 1024;

        private const int MaxFree = (int)(MaxHeld / Length);

        private readonly Stack<byte[]> _free = new();

        public byte[] Take() => _free.TryPop(out byte[]? block) ? block : GC.AllocateUninitializedArray<byte>(Length);

        public void GiveBack(byte[] block)
        {
            if (_free.Count < MaxFree)
            {
                _free.Push(block);
            }
        }
    }
}

/// <summary>The result of reading the body of a webhook.</summary>
internal enum HookBody
{
    Whole,
    TooLong,
    TooSlow,
    NoRoom,
}
