using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Waystation.EndToEnd.Tests.BadInput;

/// <summary>Bodies that no honest client sends, each named by its fault.</summary>
internal static class BadBodies
{
    private const string Nobody = "1111111111111111111111111111111111111111";

    private static readonly string s_fetchHead = UploadPack.Line("command=fetch") + UploadPack.Line("object-format=sha1") + "0001";

    public static IReadOnlyDictionary<string, byte[]> Small { get; } =
        new Dictionary<string, byte[]>
        {
            ["empty"] = [],
            ["flush only"] = "0000"u8.ToArray(),
            ["delim only"] = "0001"u8.ToArray(),
            ["response-end only"] = "0002"u8.ToArray(),
            ["length 0003"] = "0003"u8.ToArray(),
            ["length 0004, an empty line"] = "0004"u8.ToArray(),
            ["length that is no number"] = "zzzzcommand=fetch"u8.ToArray(),
            ["length with a sign"] = "-001command=fetch"u8.ToArray(),
            ["length longer than the body"] = "0100command=fetch"u8.ToArray(),
            ["length above the largest"] = Text("ffff" + new string('a', 65_531)),
            ["three digits of a length"] = "001"u8.ToArray(),
            ["no flush at the end"] = Text(s_fetchHead + UploadPack.Line($"want {Nobody}\n")),
            ["no command"] = Text(UploadPack.Line("object-format=sha1") + "0001" + UploadPack.Line("done") + "0000"),
            ["two commands"] = Text(UploadPack.Line("command=fetch") + UploadPack.Line("command=ls-refs") + "0000"),
            ["unknown command"] = Text(UploadPack.Line("command=destroy") + "0001" + "0000"),
            ["two delims"] = Text(s_fetchHead + "0001" + UploadPack.Line($"want {Nobody}\n") + "0000"),
            ["want of no object"] = Text(s_fetchHead + UploadPack.Line("want \n") + UploadPack.Line("done") + "0000"),
            ["want of a short id"] = Text(s_fetchHead + UploadPack.Line("want 1111\n") + UploadPack.Line("done") + "0000"),
            ["want of a long id"] = Text(s_fetchHead + UploadPack.Line($"want {Nobody}{Nobody}\n") + UploadPack.Line("done") + "0000"),
            ["want that is no hex"] = Text(
                s_fetchHead + UploadPack.Line($"want {new string('g', 40)}\n") + UploadPack.Line("done") + "0000"
            ),
            ["want of an unknown object"] = Text(UploadPack.Fetch([Nobody])),
            ["want of the null id"] = Text(UploadPack.Fetch([new string('0', 40)])),
            ["no want at all"] = Text(s_fetchHead + UploadPack.Line("done") + "0000"),
            ["depth that is no number"] = Text(UploadPack.Fetch([Nobody], "deepen many")),
            ["depth below zero"] = Text(UploadPack.Fetch([Nobody], "deepen -5")),
            ["depth beyond every number"] = Text(UploadPack.Fetch([Nobody], "deepen 99999999999999999999999")),
            ["filter that is none"] = Text(UploadPack.Fetch([Nobody], "filter everything:please")),
            ["filter of ten thousand parts"] = Text(
                UploadPack.Fetch([Nobody], "filter combine:" + string.Join('+', Enumerable.Repeat("blob:none", 5000)))
            ),
            ["path instead of an id"] = Text(UploadPack.Fetch(["../../../../etc/passwd"])),
            ["object format unknown"] = Text(UploadPack.Line("command=fetch") + UploadPack.Line("object-format=md5") + "0001" + "0000"),
            ["v0 want without a flush"] = Text(UploadPack.Line($"want {Nobody} side-band-64k\n")),
            ["v0 unknown object"] = Text(UploadPack.FetchV0(Nobody)),
            ["v0 depth before want"] = Text(UploadPack.Line("deepen 1\n") + "0000" + UploadPack.Line("done\n")),
            ["bytes after the flush"] = Text(UploadPack.LsRefs() + "0009spam\n"),
            ["two requests in one body"] = Text(UploadPack.LsRefs() + UploadPack.LsRefs()),
            ["zero bytes"] = new byte[4096],
            ["an HTTP request"] = "GET / HTTP/1.1\r\nHost: inside\r\n\r\n"u8.ToArray(),
            ["a hundred thousand flushes"] = Text(string.Concat(Enumerable.Repeat("0000", 100_000))),
        };

    /// <summary>A body of so many lines, each made when it is needed.</summary>
    public static IEnumerable<byte[]> Lines(int count, Func<int, string> line, string head, string tail)
    {
        yield return Text(head);
        var block = new StringBuilder();
        for (int i = 0; i < count; i++)
        {
            block.Append(UploadPack.Line(line(i)));
            if (block.Length < 60_000 && i < count - 1)
            {
                continue;
            }

            yield return Text(block.ToString());
            block.Clear();
        }

        yield return Text(tail);
    }

    public static IEnumerable<byte[]> ManyWants(int count, string? known = null) =>
        Lines(
            count,
            i => $"want {known ?? i.ToString("x40", CultureInfo.InvariantCulture)}\n",
            s_fetchHead,
            UploadPack.Line("done") + "0000"
        );

    public static IEnumerable<byte[]> ManyHaves(int count, string want) =>
        Lines(
            count,
            i => $"have {i.ToString("x40", CultureInfo.InvariantCulture)}\n",
            s_fetchHead + UploadPack.Line($"want {want}\n"),
            UploadPack.Line("done") + "0000"
        );

    /// <summary>Some megabytes that become so many bytes of well-formed lines.</summary>
    public static byte[] Bomb(long bytes, string want)
    {
        byte[] block = Text(string.Concat(Enumerable.Repeat(UploadPack.Line($"have {Nobody}\n"), 20_000)));
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(Text(s_fetchHead + UploadPack.Line($"want {want}\n")));
            for (long written = 0; written < bytes; written += block.Length)
            {
                gzip.Write(block);
            }
        }

        return packed.ToArray();
    }

    public static byte[] Gzip(byte[] body)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(body);
        }

        return packed.ToArray();
    }

    private static byte[] Text(string text) => Encoding.Latin1.GetBytes(text);
}
