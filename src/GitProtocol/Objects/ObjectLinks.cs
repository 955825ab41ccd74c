using System.Runtime.InteropServices;

namespace Waystation.GitProtocol.Objects;

/// <summary>An object that another one names.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">Its kind, as the naming object says.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ObjectLink(ObjectId Id, ObjectKind Kind);

/// <summary>
/// Reads which objects an object names, from its content as <c>git cat-file</c> prints it. A commit names its tree and its parents, a tree
/// its entries, a tag its object. A submodule is an entry whose commit lies in another repository, so it does not count.
/// </summary>
public static class ObjectLinks
{
    private const int Octal = 8;
    private const int MaxModeLength = 6;
    private const int KindOfMode = 0xF000; // 0170000
    private const int TreeMode = 0x4000; // 0040000
    private const int SubmoduleMode = 0xE000; // 0160000

    /// <summary>Appends the links of an object; false if the content is not well-formed.</summary>
    /// <param name="kind">The kind of the object.</param>
    /// <param name="content">Its content.</param>
    /// <param name="format">The object format of the repository.</param>
    /// <param name="links">Gets the links, in the order in which the object names them.</param>
    public static bool TryRead(ObjectKind kind, ReadOnlySpan<byte> content, ObjectFormat format, ICollection<ObjectLink> links)
    {
        ArgumentNullException.ThrowIfNull(links);
        return kind switch
        {
            ObjectKind.Commit => TryReadCommit(content, format, links),
            ObjectKind.Tree => TryReadTree(content, format, links),
            ObjectKind.Tag => TryReadTag(content, format, links),
            _ => true,
        };
    }

    /// <summary>The kind that git calls by this word; null if there is none.</summary>
    public static ObjectKind? KindOf(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("commit"u8) ? ObjectKind.Commit
        : word.SequenceEqual("tree"u8) ? ObjectKind.Tree
        : word.SequenceEqual("blob"u8) ? ObjectKind.Blob
        : word.SequenceEqual("tag"u8) ? ObjectKind.Tag
        : null;

    private static bool TryReadCommit(ReadOnlySpan<byte> content, ObjectFormat format, ICollection<ObjectLink> links)
    {
        if (!TryReadId(ref content, "tree "u8, format, out ObjectId tree))
        {
            return false;
        }

        links.Add(new ObjectLink(tree, ObjectKind.Tree));
        while (content.StartsWith("parent "u8))
        {
            if (!TryReadId(ref content, "parent "u8, format, out ObjectId parent))
            {
                return false;
            }

            links.Add(new ObjectLink(parent, ObjectKind.Commit));
        }

        return true;
    }

    private static bool TryReadTag(ReadOnlySpan<byte> content, ObjectFormat format, ICollection<ObjectLink> links)
    {
        if (!TryReadId(ref content, "object "u8, format, out ObjectId tagged) || !content.StartsWith("type "u8))
        {
            return false;
        }

        content = content["type "u8.Length..];
        int end = content.IndexOf((byte)'\n');
        if (end < 0 || KindOf(content[..end]) is not { } kind)
        {
            return false;
        }

        links.Add(new ObjectLink(tagged, kind));
        return true;
    }

    /// <summary>Each entry is a mode in octal digits, a space, a name, a zero byte and the raw id.</summary>
    private static bool TryReadTree(ReadOnlySpan<byte> content, ObjectFormat format, ICollection<ObjectLink> links)
    {
        while (!content.IsEmpty)
        {
            int mode = 0,
                at = 0;
            while (at < Math.Min(content.Length, MaxModeLength) && content[at] is >= (byte)'0' and < (byte)'0' + Octal)
            {
                mode = (mode * Octal) + content[at++] - '0';
            }

            int end = content.IndexOf((byte)0);
            if (at == 0 || end < at || content[at] != ' ' || content.Length - end - 1 < format.DigestLength)
            {
                return false;
            }

            if ((mode & KindOfMode) != SubmoduleMode)
            {
                ObjectKind kind = (mode & KindOfMode) == TreeMode ? ObjectKind.Tree : ObjectKind.Blob;
                links.Add(new ObjectLink(ObjectId.FromRaw(content.Slice(end + 1, format.DigestLength)), kind));
            }

            content = content[(end + 1 + format.DigestLength)..];
        }

        return true;
    }

    /// <summary>Reads a line of a word and an id.</summary>
    private static bool TryReadId(ref ReadOnlySpan<byte> content, ReadOnlySpan<byte> word, ObjectFormat format, out ObjectId id)
    {
        id = default;
        int length = word.Length + format.HexLength;
        if (
            !content.StartsWith(word)
            || content.Length <= length
            || content[length] != '\n'
            || !ObjectId.TryParse(content[word.Length..length], format, out id)
        )
        {
            return false;
        }

        content = content[(length + 1)..];
        return true;
    }
}
