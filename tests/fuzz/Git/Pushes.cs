using System.Buffers;
using Waystation.GitProtocol.Pushing;

namespace Waystation.Fuzz.Git;

/// <summary>Requests to receive-pack, and their reports.</summary>
internal static class Pushes
{
    public static void Read(byte[] bytes) => BothWays.Read(bytes, Request, Report);

    private static string Request(ReadOnlySequence<byte> bytes)
    {
        var reader = new PushRequestReader();
        int head = 0;
        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            head += reader.ReadHead(segment.Span);
        }

        return $"{reader.IsComplete} {reader.HasStopped} {(reader.IsComplete ? head : 0)} {string.Join(',', reader.Commands)}";
    }

    private static string Report(ReadOnlySequence<byte> bytes)
    {
        var reader = new PushReportReader();
        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            reader.Read(segment.Span);
        }

        return $"{reader.IsComplete} {reader.HasStopped} {reader.HasAnswer} {reader.IsUnpacked} {string.Join(',', reader.Done)}";
    }
}
