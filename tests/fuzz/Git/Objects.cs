using Waystation.GitProtocol.Objects;

namespace Waystation.Fuzz.Git;

/// <summary>Contents of objects that a client pushed, read as each kind and in each format.</summary>
internal static class Objects
{
    public static void Read(byte[] bytes)
    {
        foreach (ObjectFormat format in Enum.GetValues<ObjectFormat>())
        {
            foreach (ObjectKind kind in Enum.GetValues<ObjectKind>())
            {
                Read(kind, bytes, format);
            }
        }
    }

    /// <summary>An object names only ids that stand in its content.</summary>
    private static void Read(ObjectKind kind, ReadOnlySpan<byte> content, ObjectFormat format)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        List<ObjectLink> links = [];
        _ = ObjectLinks.TryRead(kind, content, format, links);
        FindingException.IfGreedy(GC.GetAllocatedBytesForCurrentThread() - before, content.Length);
        if (links.Count * format.DigestLength > content.Length)
        {
            throw new FindingException($"{links.Count} links in {content.Length} bytes");
        }

        byte[] lower = [.. content.ToArray().Select(static c => c is >= (byte)'A' and <= (byte)'F' ? (byte)(c | 0x20) : c)];
        byte[] raw = new byte[format.DigestLength];
        byte[] hex = new byte[format.HexLength];
        foreach (ObjectLink link in links)
        {
            link.Id.CopyTo(raw);
            link.Id.WriteHex(hex);
            bool isThere = content.IndexOf(raw) >= 0 || lower.AsSpan().IndexOf(hex) >= 0;
            FindingException.IfDifferent(expected: true, isThere, $"{link.Id} stands in the content");
        }
    }
}
