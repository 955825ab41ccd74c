using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Waystation.CacheStore.Disk;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// The refs of a mirror: the last tip that the primary showed of each ref, if its object is in the mirror. They are one packed-refs file,
/// which is replaced whole, so git sees all of a change or nothing of it. A mirror has no loose refs.
/// </summary>
public sealed class MirrorRefs
{
    /// <summary>No refs.</summary>
    public static readonly MirrorRefs Empty = new([]);

    /// <summary>The name for a detached HEAD. git would keep only the objects of a real HEAD; here it is a ref like all others.</summary>
    private const string Head = "refs/waystation/HEAD";

    private readonly SortedDictionary<string, RefTip> _tips;

    /// <summary>Keeps the tips whose names git accepts; HEAD is one of them.</summary>
    public MirrorRefs(IEnumerable<RefTip> tips)
    {
        ArgumentNullException.ThrowIfNull(tips);
        _tips = new SortedDictionary<string, RefTip>(StringComparer.Ordinal);
        foreach (RefTip tip in tips.Where(static tip => IsKept(tip.Name)))
        {
            _tips[tip.Name] = tip with { SymrefTarget = null };
        }
    }

    /// <summary>In the order of their names.</summary>
    public IReadOnlyCollection<RefTip> Tips => _tips.Values;

    /// <summary>The tip of this name; null if there is none.</summary>
    public RefTip? Find(string name) => _tips.GetValueOrDefault(name);

    /// <summary>Reads a packed-refs file; a missing file has no refs.</summary>
    /// <exception cref="InvalidDataException">A line is neither a ref nor a peeled id, or the checksum differs.</exception>
    public static MirrorRefs Read(string file)
    {
        if (!File.Exists(file))
        {
            return Empty;
        }

        string text = File.ReadAllText(RegularFile.At(file), Encoding.Latin1);
        int header = text.IndexOf('\n', StringComparison.Ordinal) + 1;
        if (text[..header] != HeaderOf(text.AsSpan(header)))
        {
            throw new InvalidDataException("the mirror's refs differ from their checksum");
        }

        List<RefTip> tips = [];
        foreach (string line in text[header..].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith('^') && tips.Count > 0)
            {
                tips[^1] = tips[^1] with { Peeled = IdOf(line[1..]) };
                continue;
            }

            int space = line.IndexOf(' ', StringComparison.Ordinal);
            string name = line[(space + 1)..];
            tips.Add(new RefTip(name == Head ? "HEAD" : name, IdOf(line[..Math.Max(0, space)]), null, null));
        }

        return new MirrorRefs(tips);
    }

    /// <summary>Replaces a packed-refs file in one step.</summary>
    /// <param name="file">The file.</param>
    /// <param name="temporary">The path of the new file before it is renamed, on the same file system.</param>
    /// <param name="isDurable">Whether it must outlive a power cut.</param>
    public void Write(string file, string temporary, bool isDurable = true)
    {
        string body = ToText();
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            stream.Write(Encoding.Latin1.GetBytes(HeaderOf(body)));
            stream.Write(Encoding.Latin1.GetBytes(body));
            stream.Flush(flushToDisk: isDurable);
        }

        File.Move(temporary, file, overwrite: true);
    }

    /// <summary>The refs but for HEAD, as a packed-refs file of git's own.</summary>
    public byte[] ToPackedRefs() =>
        Encoding.Latin1.GetBytes("# pack-refs with: peeled fully-peeled sorted \n" + ToText(static tip => tip.Name != "HEAD"));

    /// <summary>The SHA-256 of all refs and tips. Equal mirrors have equal digests at every node.</summary>
    public byte[] ToDigest() => SHA256.HashData(Encoding.Latin1.GetBytes(ToText()));

    private string ToText() => ToText(static _ => true);

    private string ToText(Func<RefTip, bool> isIn)
    {
        var text = new StringBuilder();
        foreach (
            (string name, RefTip tip) in _tips
                .Where(entry => isIn(entry.Value))
                .Select(static entry => (entry.Key == "HEAD" ? Head : entry.Key, entry.Value))
                .OrderBy(static entry => entry.Item1, StringComparer.Ordinal)
        )
        {
            text.Append(CultureInfo.InvariantCulture, $"{tip.Id} {name}\n");
            if (tip.Peeled is { } peeled)
            {
                text.Append(CultureInfo.InvariantCulture, $"^{peeled}\n");
            }
        }

        return text.ToString();
    }

    /// <summary>
    /// The first line. "fully-peeled" holds, because tips come from listings that were asked to peel. The last word is a checksum of the
    /// rest; git skips words that it does not know.
    /// </summary>
    private static string HeaderOf(ReadOnlySpan<char> body) =>
        $"# pack-refs with: peeled fully-peeled sorted "
        + $"sha256={Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(body.ToArray())))} \n";

    private static bool IsKept(string name) =>
        name == "HEAD" || (name.StartsWith("refs/", StringComparison.Ordinal) && RefName.IsValid(name));

    private static ObjectId IdOf(string hex)
    {
        try
        {
            return ObjectId.Parse(hex);
        }
        catch (FormatException e)
        {
            throw new InvalidDataException("the mirror's refs cannot be read", e);
        }
    }
}
