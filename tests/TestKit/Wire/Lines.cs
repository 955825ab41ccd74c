using System.Globalization;
using System.Text;

namespace Waystation.TestKit.Wire;

/// <summary>
/// Conversations as people write them: each string a line, framed with its length and LF; "0000", "0001" and "0002" are the
/// special packets; a string that begins with "raw:" goes as it is, and one with "nolf:" is framed without LF. One character is one byte.
/// </summary>
public static class Lines
{
    /// <summary>A flush-pkt.</summary>
    public const string Flush = "0000";

    /// <summary>A delim-pkt.</summary>
    public const string Delim = "0001";

    /// <summary>A response-end-pkt.</summary>
    public const string ResponseEnd = "0002";

    /// <summary>The bytes of these lines.</summary>
    public static byte[] ToBytes(params IEnumerable<string> lines) => [.. lines.SelectMany(ToBytes)];

    private static byte[] ToBytes(string line)
    {
        if (line is Flush or Delim or ResponseEnd)
        {
            return Encoding.Latin1.GetBytes(line);
        }

        if (line.StartsWith("raw:", StringComparison.Ordinal))
        {
            return Encoding.Latin1.GetBytes(line[4..]);
        }

        string text = line.StartsWith("nolf:", StringComparison.Ordinal) ? line[5..] : line + "\n";
        return Encoding.Latin1.GetBytes((text.Length + 4).ToString("x4", CultureInfo.InvariantCulture) + text);
    }
}
