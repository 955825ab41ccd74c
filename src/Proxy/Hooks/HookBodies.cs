using System.Buffers;
using System.IO.Pipelines;

namespace Waystation.Proxy.Hooks;

/// <summary>
/// Reads the bodies of webhooks, which are held before anybody knows whether their signature is right, within one bound for all of them.
/// At the bound the body that has been coming for longest is given up: a forge sends its notice at once, so it passes while others hold
/// half bodies open.
/// </summary>
internal sealed class HookBodies(TimeProvider time)
{
    /// <summary>The longest body; GitHub's own bound is 25 MiB, and a notice of a push of 20 commits has 50 KiB.</summary>
    public const int MaxBody = 1 << 20;

    /// <summary>All that is held at once: sixteen bodies of the greatest length, some hundred usual ones.</summary>
    public const long MaxHeld = 16L << 20;

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly LinkedList<Reading> _underWay = new();
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

    /// <summary>Reads a body and does with it what is to be done; it is held until then.</summary>
    /// <param name="reader">Where it comes from.</param>
    /// <param name="use">Given the whole body.</param>
    /// <param name="cancellationToken">The client's.</param>
    /// <returns>What <paramref name="use"/> returned, or why there was no body to use.</returns>
    /// <typeparam name="T">Of the result.</typeparam>
    public async Task<(HookBody State, T? Result)> UseAsync<T>(
        PipeReader reader,
        Func<ReadOnlyMemory<byte>, T> use,
        CancellationToken cancellationToken
    )
    {
        using var slow = new CancellationTokenSource(s_timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(slow.Token, cancellationToken);
        var reading = new Reading(either);
        LinkedListNode<Reading> place = Enter(reading);
        try
        {
            HookBody state = await ReadAsync(reader, reading, either.Token);
            return (state, state == HookBody.Whole ? use(reading.Bytes) : default);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (reading.IsGivenUp ? HookBody.NoRoom : HookBody.TooSlow, default);
        }
        finally
        {
            Leave(place);
            reading.GiveBack();
        }
    }

    private async Task<HookBody> ReadAsync(PipeReader reader, Reading reading, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await reader.ReadAsync(cancellationToken);
            bool isTooLong = reading.Bytes.Length + read.Buffer.Length > MaxBody;
            if (!isTooLong)
            {
                reading.Add(read.Buffer);
                Count(reading);
            }

            // What was read is given back, or the server ends the connection after the answer.
            reader.AdvanceTo(read.Buffer.End);
            if (isTooLong)
            {
                return HookBody.TooLong;
            }

            // Given up while it read what was there already: no await has seen that.
            cancellationToken.ThrowIfCancellationRequested();
            if (read.IsCompleted)
            {
                return HookBody.Whole;
            }
        }
    }

    private LinkedListNode<Reading> Enter(Reading reading)
    {
        lock (_lock)
        {
            return _underWay.AddLast(reading);
        }
    }

    /// <summary>Counts what a reading holds now, and gives up others, the longest under way first, until all fit.</summary>
    private void Count(Reading reading)
    {
        List<Reading> givenUp = [];
        lock (_lock)
        {
            _held += reading.Capacity - reading.Counted;
            reading.Counted = reading.Capacity;
            long excess = _held - MaxHeld;
            for (LinkedListNode<Reading>? oldest = _underWay.First; oldest is not null && excess > 0; oldest = oldest.Next)
            {
                excess -= oldest.Value.Counted;
                if (!oldest.Value.IsGivenUp)
                {
                    oldest.Value.IsGivenUp = true;
                    givenUp.Add(oldest.Value);
                }
            }
        }

        foreach (Reading old in givenUp)
        {
            old.Stop();
        }
    }

    private void Leave(LinkedListNode<Reading> place)
    {
        lock (_lock)
        {
            _underWay.Remove(place);
            _held -= place.Value.Counted;
        }
    }

    /// <summary>One body as far as it has come. Its memory is lent and given back, for garbage of a storm stays for long.</summary>
    private sealed class Reading(CancellationTokenSource stop)
    {
        private const int FirstLength = 16 * 1024;

        private byte[] _buffer = [];
        private int _length;

        public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

        /// <summary>What it holds of the memory.</summary>
        public int Capacity => _buffer.Length;

        /// <summary>What the bound counts of it.</summary>
        public long Counted { get; set; }

        public bool IsGivenUp { get; set; }

        public void Add(in ReadOnlySequence<byte> bytes)
        {
            int length = _length + (int)bytes.Length;
            if (length > _buffer.Length)
            {
                byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstLength, length));
                Bytes.CopyTo(larger);
                GiveBack();
                _buffer = larger;
            }

            bytes.CopyTo(_buffer.AsSpan(_length));
            _length = length;
        }

        public void GiveBack()
        {
            if (_buffer.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = [];
            }
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
}

/// <summary>What became of the body of a webhook.</summary>
internal enum HookBody
{
    Whole,
    TooLong,
    TooSlow,
    NoRoom,
}
