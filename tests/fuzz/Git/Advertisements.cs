using System.Buffers;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.Fuzz.Git;

/// <summary>What shows refs: advertisements of all versions, and responses to ls-refs.</summary>
internal static class Advertisements
{
    public static void Read(byte[] bytes)
    {
        BothWays.Read(bytes, InfoRefs, static all => LsRefs(all, ObjectFormat.Sha1), static all => LsRefs(all, ObjectFormat.Sha256));
        if (CapabilityAdvertisement.TryParse(bytes, out CapabilityAdvertisement? shown))
        {
            FindingException.IfDifferent(Convert.ToHexString(bytes), Convert.ToHexString(shown.Bytes.Span), "kept capabilities");
        }
    }

    private static string InfoRefs(ReadOnlySequence<byte> bytes)
    {
        var reader = new InfoRefsReader();
        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            reader.Read(segment.Span);
        }

        return $"{reader.IsComplete} {reader.HasStopped} {reader.Version} {reader.ObjectFormat} {string.Join(',', reader.Tips)}";
    }

    private static string LsRefs(ReadOnlySequence<byte> bytes, ObjectFormat format)
    {
        var reader = new LsRefsReader(format);
        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            reader.Read(segment.Span);
        }

        return $"{reader.IsComplete} {reader.HasStopped} {reader.UnbornHeadTarget} {string.Join(',', reader.Tips)}";
    }
}
