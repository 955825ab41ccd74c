using System.Security.Cryptography;
using Waystation.CacheStore.Disk;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// The refs of a mirror: the last tip that the primary showed of each ref, if its object is in the mirror. They are one packed-refs file,
/// which is replaced whole, so git sees all of a change or nothing of it. A mirror has no loose refs. In memory they are packed as well.
/// </summary>
public sealed class MirrorRefs
{
    /// <summary>No refs.</summary>
    public static readonly MirrorRefs Empty = new([]);

    private MirrorRefs(RefTipList sorted) => Tips = sorted;

    /// <summary>Keeps the tips whose names git accepts; HEAD is one of them. The last tip of a name counts.</summary>
    public MirrorRefs(IEnumerable<RefTip> tips)
    {
        ArgumentNullException.ThrowIfNull(tips);
        Tips = Sort(
            RefTipList.Of(
                tips.Where(static tip => IsKept(tip.Name))
                    .Select(static tip => tip.SymrefTarget is null ? tip : tip with { SymrefTarget = null })
            )
        );
    }

    /// <summary>Refs of packed tips without targets, whose names are kept. The last tip of a name counts.</summary>
    public static MirrorRefs OfKept(RefTipList tips)
    {
        ArgumentNullException.ThrowIfNull(tips);
        return new MirrorRefs(Sort(tips));
    }

    /// <summary>In the order of their names, none of them with a target.</summary>
    public RefTipList Tips { get; }

    /// <summary>The tip of this name; null if there is none.</summary>
    public RefTip? Find(string name) => Tips.Find(RefName.ToBytes(name));

    /// <summary>Whether a mirror can have a ref of this name.</summary>
    public static bool IsKept(ReadOnlySpan<char> name) =>
        name is "HEAD" || (name.StartsWith("refs/", StringComparison.Ordinal) && RefName.IsValid(name));

    /// <summary>Whether a mirror can have a ref whose name has these bytes.</summary>
    public static bool IsKept(ReadOnlySpan<byte> name) =>
        name.Length <= RefName.MaxLength && IsKept(RefName.ToCharacters(name, stackalloc char[name.Length]));

    /// <summary>These refs with other tips for some, and without some.</summary>
    /// <param name="set">The tips of new and moved refs; each name is kept. The last tip of a name counts.</param>
    /// <param name="removed">The names of the refs that go, also if they are among the set ones.</param>
    public MirrorRefs With(RefTipList set, IReadOnlyCollection<string> removed)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(removed);
        HashSet<string> names = new(removed, StringComparer.Ordinal);
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> gone = names.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> characters = stackalloc char[RefName.MaxLength];
        var next = new RefTipListBuilder();
        RefTipReader old = Tips.Read(),
            changed = Sort(set).Read();
        bool isOld = old.MoveNext(),
            isChanged = changed.MoveNext();
        while (isOld || isChanged)
        {
            int order =
                !isOld ? 1
                : !isChanged ? -1
                : old.Name.SequenceCompareTo(changed.Name);
            RefTipReader tip = order < 0 ? old : changed;
            if (names.Count == 0 || !gone.Contains(RefName.ToCharacters(tip.Name, characters)))
            {
                next.Add(tip);
            }

            isOld = order <= 0 ? old.MoveNext() : isOld;
            isChanged = order >= 0 ? changed.MoveNext() : isChanged;
        }

        return new MirrorRefs(next.ToList());
    }

    /// <summary>Reads a packed-refs file; a missing file has no refs.</summary>
    /// <exception cref="InvalidDataException">A line is neither a ref nor a peeled id, or the checksum differs.</exception>
    public static MirrorRefs Read(string file)
    {
        if (!File.Exists(file))
        {
            return Empty;
        }

        using var stream = new FileStream(RegularFile.At(file), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        (RefTipList refs, RefTipList head) = PackedRefsFile.Read(stream);
        return OfKept(refs).With(head, []);
    }

    /// <summary>Replaces a packed-refs file in one step.</summary>
    /// <param name="file">The file.</param>
    /// <param name="temporary">The path of the new file before it is renamed, on the same file system.</param>
    /// <param name="isDurable">Whether it must outlive a power cut.</param>
    public void Write(string file, string temporary, bool isDurable = true)
    {
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0))
        {
            PackedRefsFile.Write(stream, Tips);
            stream.Flush(flushToDisk: isDurable);
        }

        File.Move(temporary, file, overwrite: true);
    }

    /// <summary>The refs but for HEAD, as a packed-refs file of git's own.</summary>
    public byte[] ToPackedRefs()
    {
        using var text = new MemoryStream();
        text.Write(RefName.ToBytes(PackedRefsFile.PlainHeader));
        foreach (ReadOnlyMemory<byte> block in PackedRefsFile.Blocks(Tips, withHead: false))
        {
            text.Write(block.Span);
        }

        return text.ToArray();
    }

    /// <summary>The SHA-256 of all refs and tips. Equal mirrors have equal digests at every node.</summary>
    public byte[] ToDigest()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ReadOnlyMemory<byte> block in PackedRefsFile.Blocks(Tips))
        {
            hash.AppendData(block.Span);
        }

        return hash.GetHashAndReset();
    }

    private static RefTipList Sort(RefTipList tips) =>
        tips.IsSorted
            ? tips
            : RefTipList.Of(
                tips.GroupBy(static tip => tip.Name, StringComparer.Ordinal)
                    .Select(static same => same.Last())
                    .OrderBy(static tip => tip.Name, StringComparer.Ordinal)
            );
}
