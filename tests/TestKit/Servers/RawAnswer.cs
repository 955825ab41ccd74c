using System.Globalization;
using System.Text;

namespace Waystation.TestKit.Servers;

/// <summary>An HTTP/1.1 answer as it came over the wire; status 0 when the server closed without one.</summary>
public sealed record RawAnswer(int Status, IReadOnlyList<string> Headers, byte[] Body)
{
    public string Text => Encoding.Latin1.GetString(Body);

    /// <summary>All that came on the connection, of however many answers.</summary>
    public string Received { get; private init; } = "";

    public static RawAnswer Parse(byte[] received)
    {
        int end = received.AsSpan().IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return new RawAnswer(0, [], received) { Received = Encoding.Latin1.GetString(received) };
        }

        string[] lines = Encoding.Latin1.GetString(received, 0, end).Split("\r\n");
        byte[] body = received[(end + 4)..];
        bool chunked = lines.Any(line => line.Equals("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase));
        return new RawAnswer(int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture), lines[1..], chunked ? Unchunk(body) : body)
        {
            Received = Encoding.Latin1.GetString(received),
        };
    }

    /// <summary>The value of a header, or null.</summary>
    public string? Header(string name) =>
        Headers.FirstOrDefault(header => header.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    private static byte[] Unchunk(byte[] body)
    {
        using var whole = new MemoryStream();
        int at = 0;
        while (
            body.AsSpan(at).IndexOf("\r\n"u8) is var line and >= 0
            && int.TryParse(
                Encoding.ASCII.GetString(body, at, line).Split(';')[0],
                NumberStyles.HexNumber,
                CultureInfo.InvariantCulture,
                out int size
            )
            && size > 0
        )
        {
            at += line + 2;
            whole.Write(body, at, Math.Min(size, body.Length - at));
            at = Math.Min(at + size + 2, body.Length);
        }

        return whole.ToArray();
    }
}
