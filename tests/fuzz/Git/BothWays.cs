using System.Buffers;
using Waystation.GitProtocol;
using Waystation.TestKit.Wire;

namespace Waystation.Fuzz.Git;

/// <summary>Gives the same bytes whole and byte by byte to a reader, which must say the same of both.</summary>
internal static class BothWays
{
    public static void Read(byte[] bytes, params ReadOnlySpan<Func<ReadOnlySequence<byte>, string>> readers)
    {
        var whole = new ReadOnlySequence<byte>(bytes);
        ReadOnlySequence<byte> byteByByte = Cuts.Join([
            .. Enumerable.Range(0, bytes.Length).Select(at => (ReadOnlyMemory<byte>)bytes.AsMemory(at, 1)),
        ]);
        foreach (Func<ReadOnlySequence<byte>, string> reader in readers)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            string outcome = Outcome(reader, whole);
            FindingException.IfGreedy(GC.GetAllocatedBytesForCurrentThread() - before, bytes.Length);
            FindingException.IfDifferent(outcome, Outcome(reader, byteByByte), "whole, and byte by byte");
        }
    }

    private static string Outcome(Func<ReadOnlySequence<byte>, string> reader, ReadOnlySequence<byte> bytes)
    {
        try
        {
            return reader(bytes);
        }
        catch (GitProtocolException refused)
        {
            return refused.Error.ToString();
        }
    }
}
