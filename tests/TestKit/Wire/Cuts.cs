using System.Buffers;

namespace Waystation.TestKit.Wire;

/// <summary>The ways in which the same bytes can arrive.</summary>
public static class Cuts
{
    /// <summary>Right-sized, inside a larger array, cut in two at every position, and one byte per segment.</summary>
    public static IEnumerable<ReadOnlySequence<byte>> Of(byte[] bytes)
    {
        yield return new ReadOnlySequence<byte>(bytes);
        byte[] larger = [0xff, .. bytes, 0xff, 0xff];
        yield return new ReadOnlySequence<byte>(larger, 1, bytes.Length);
        for (int at = 1; at < bytes.Length; at++)
        {
            yield return Join(bytes.AsMemory(0, at), bytes.AsMemory(at));
        }

        yield return Join([.. Enumerable.Range(0, bytes.Length).Select(at => (ReadOnlyMemory<byte>)bytes.AsMemory(at, 1))]);
    }

    /// <summary>Every beginning of the bytes but the whole.</summary>
    public static IEnumerable<ReadOnlySequence<byte>> Truncations(byte[] bytes) =>
        Enumerable.Range(0, bytes.Length).Select(length => new ReadOnlySequence<byte>(bytes, 0, length));

    /// <summary>One sequence of these segments.</summary>
    public static ReadOnlySequence<byte> Join(params ReadOnlyMemory<byte>[] segments)
    {
        if (segments.Length == 0)
        {
            return ReadOnlySequence<byte>.Empty;
        }

        var first = new Segment(segments[0], null);
        Segment last = first;
        foreach (ReadOnlyMemory<byte> memory in segments.Skip(1))
        {
            last = new Segment(memory, last);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is null)
            {
                return;
            }

            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}
