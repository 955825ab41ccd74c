using System.Buffers;
using Waystation.GitProtocol.Advertisements;
using Waystation.TestKit.Wire;

namespace Waystation.GitProtocol.Tests.Advertisements;

/// <summary>Shows the same bytes to fresh readers, cut in every way.</summary>
internal static class Shown
{
    public static IEnumerable<T> AtEveryCut<T>(Func<T> make, byte[] bytes)
        where T : StreamTap
    {
        foreach (ReadOnlySequence<byte> cut in Cuts.Of(bytes))
        {
            yield return To(make(), cut);
        }
    }

    public static T To<T>(T reader, ReadOnlySequence<byte> bytes)
        where T : StreamTap
    {
        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            reader.Read(segment.Span);
        }

        return reader;
    }

    public static T To<T>(T reader, params string[] lines)
        where T : StreamTap
    {
        reader.Read(Lines.ToBytes(lines));
        return reader;
    }

    public static void NeverCompletes<T>(Func<T> make, byte[] bytes)
        where T : StreamTap
    {
        foreach (ReadOnlySequence<byte> truncated in Cuts.Truncations(bytes))
        {
            Assert.False(To(make(), truncated).IsComplete);
        }
    }
}
