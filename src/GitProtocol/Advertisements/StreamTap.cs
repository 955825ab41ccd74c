using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Advertisements;

/// <summary>
/// Reads a response while it streams to a client. The response comes in pieces of any size, and the tap must never disturb it.
/// <code>
///   primary ──────────────► client
///              └─ Read ─► whole packets ─► OnPacket ─► the result, once IsComplete
/// </code>
/// It never throws on its input. When it meets something that it does not know, or that exceeds a bound, it stops reading for good and
/// drops its result, because half a response proves nothing.
/// </summary>
public abstract class StreamTap
{
    /// <summary>The longest response that is read, a bound on the memory; a million refs of a hundred bytes fit twice.</summary>
    internal const long MaxLength = 256L << 20;

    private byte[] _held = [];
    private int _heldLength;
    private long _passed;

    /// <summary>Whether the whole response has passed, well-formed to its end.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether the reader gave up; it will not complete any more.</summary>
    public bool HasStopped { get; private set; }

    /// <summary>Whether the result is known, though more bytes may follow.</summary>
    public virtual bool HasAnswer => IsComplete;

    /// <summary>Shows the next bytes.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        // Bytes after the end mean that the end was found in the wrong place.
        if (ReadToEnd(bytes) < bytes.Length && !HasStopped)
        {
            Stop();
        }
    }

    /// <summary>Shows the next bytes. Bytes after the last packet are not read. Returns the number of bytes that were read.</summary>
    private protected int ReadToEnd(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> rest = bytes;
        while (!rest.IsEmpty && !HasStopped && !IsComplete)
        {
            if (_heldLength > 0)
            {
                Complement(ref rest);
            }
            else
            {
                ReadWhole(ref rest);
            }
        }
        return bytes.Length - rest.Length;
    }

    /// <summary>Shows one packet, in order. The payload lives only as long as the call.</summary>
    private protected abstract void OnPacket(PktLineKind kind, ReadOnlySpan<byte> payload);

    /// <summary>Drops the result.</summary>
    private protected abstract void Forget();

    /// <summary>This was the last packet.</summary>
    private protected void Complete() => IsComplete = true;

    /// <summary>Gives up.</summary>
    private protected void Stop()
    {
        HasStopped = true;
        IsComplete = false;
        _held = [];
        _heldLength = 0;
        Forget();
    }

    /// <summary>The payload without its one trailing LF.</summary>
    private protected static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> payload) => payload is [.. var text, (byte)'\n'] ? text : payload;

    private void ReadWhole(ref ReadOnlySpan<byte> bytes)
    {
        int length = PktLineReader.HeaderLength;
        if (bytes.Length >= length && !TryMeasure(bytes, out length))
        {
            return;
        }

        if (bytes.Length < length)
        {
            Hold(bytes, length);
            bytes = [];
            return;
        }
        Take(bytes[..length]);
        bytes = bytes[length..];
    }

    private void Complement(ref ReadOnlySpan<byte> bytes)
    {
        int wanted = PktLineReader.HeaderLength;
        if (_heldLength >= wanted && !TryMeasure(_held, out wanted))
        {
            return;
        }

        int taken = Math.Min(wanted - _heldLength, bytes.Length);
        Hold(bytes[..taken], wanted);
        bytes = bytes[taken..];
        if (_heldLength < PktLineReader.HeaderLength || !TryMeasure(_held, out wanted) || _heldLength < wanted)
        {
            return;
        }

        _heldLength = 0;
        Take(_held.AsSpan(0, wanted));
    }

    private void Take(ReadOnlySpan<byte> packet)
    {
        _passed += packet.Length;
        if (_passed > MaxLength)
        {
            Stop();
            return;
        }
        PktLineKind kind = PktLineReader.Measure(packet) switch
        {
            0 => PktLineKind.Flush,
            1 => PktLineKind.Delim,
            2 => PktLineKind.ResponseEnd,
            _ => PktLineKind.Data,
        };
        OnPacket(kind, packet[PktLineReader.HeaderLength..]);
    }

    /// <summary>The bytes that the packet takes, its length included; stops when it cannot have such a length.</summary>
    private bool TryMeasure(ReadOnlySpan<byte> header, out int length)
    {
        length = PktLineReader.Measure(header);
        if (length is < 0 or > PktLineReader.MaxLength)
        {
            Stop();
            return false;
        }
        length = Math.Max(length, PktLineReader.HeaderLength);
        return true;
    }

    private void Hold(ReadOnlySpan<byte> bytes, int wanted)
    {
        if (_held.Length < wanted)
        {
            Array.Resize(ref _held, Math.Max(wanted, 256));
        }

        bytes.CopyTo(_held.AsSpan(_heldLength));
        _heldLength += bytes.Length;
    }
}
