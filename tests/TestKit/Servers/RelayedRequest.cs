using System.Globalization;
using System.Text;

namespace Waystation.TestKit.Servers;

/// <summary>A request as it came to a <see cref="FaultyRelay"/>, its body without framing.</summary>
public sealed record RelayedRequest(string Line, IReadOnlyList<string> Headers, byte[] Body)
{
    /// <summary>The target of the request line.</summary>
    public string Target => Line.Split(' ') is [_, var target, ..] ? target : "";

    public string? Authorization => Header("Authorization");

    public bool IsLsRefs =>
        Encoding.Latin1.GetString(Body.AsSpan(0, Math.Min(Body.Length, 64))).Contains("command=ls-refs", StringComparison.Ordinal);

    /// <summary>Either half of a push.</summary>
    public bool IsPush => Target.Contains("git-receive-pack", StringComparison.Ordinal);

    public string? Header(string name) =>
        Headers.FirstOrDefault(header => header.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    /// <summary>The same request for a connection that is used once.</summary>
    internal byte[] ToBytes()
    {
        IEnumerable<string> kept = Headers.Where(header => !IsFraming(header));
        string length =
            Body.Length > 0 || Line.StartsWith("POST ", StringComparison.Ordinal)
                ? string.Create(CultureInfo.InvariantCulture, $"Content-Length: {Body.Length}\r\n")
                : "";
        return
        [
            .. Encoding.Latin1.GetBytes(
                $"{Line}\r\n{string.Concat(kept.Select(header => header + "\r\n"))}{length}Connection: close\r\n\r\n"
            ),
            .. Body,
        ];
    }

    internal static bool IsFraming(string header) =>
        ((string[])["Connection:", "Content-Length:", "Transfer-Encoding:", "Expect:", "Keep-Alive:"]).Any(name =>
            header.StartsWith(name, StringComparison.OrdinalIgnoreCase)
        );
}
