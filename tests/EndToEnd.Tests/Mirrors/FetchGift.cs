using System.Globalization;
using System.Text;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>An answer to a <see cref="FetchWish"/>, taken apart.</summary>
/// <param name="Status">Of HTTP.</param>
/// <param name="CacheStatus">The header; empty if there is none.</param>
/// <param name="Body">As it came.</param>
internal sealed record FetchGift(int Status, string CacheStatus, byte[] Body)
{
    /// <summary><c>ACK …</c>, <c>NAK</c> and <c>ready</c>, in order.</summary>
    public IReadOnlyList<string> Acknowledgments { get; private init; } = [];

    /// <summary><c>shallow …</c> and <c>unshallow …</c>, sorted: their order means nothing.</summary>
    public IReadOnlyList<string> Boundary { get; private init; } = [];

    /// <summary>The pack without framing; empty if there is none.</summary>
    public byte[] Pack { get; private init; } = [];

    /// <summary>The reason of the server's refusal; null if it refused nothing.</summary>
    public string? Refusal { get; private init; }

    public bool HasPack => Pack.Length > 0;

    /// <summary>Whether the node answered from its own data.</summary>
    public bool IsServedHere => CacheStatus.StartsWith("waystation; hit", StringComparison.Ordinal);

    /// <summary>Whether it ends in a wrong place, though HTTP shows it as whole: upload-pack has died.</summary>
    public bool IsCutShort { get; private init; }

    public string Text => Encoding.Latin1.GetString(Body);

    /// <summary>Fails if the other response differs in anything but the cut of its bytes into packets.</summary>
    public void MustSayWhat(FetchGift other)
    {
        Assert.Equal((other.Status, other.Refusal), (Status, Refusal));
        Assert.Equal(other.Acknowledgments, Acknowledgments);
        Assert.Equal(other.Boundary, Boundary);
        Assert.Equal(Convert.ToHexString(other.Pack), Convert.ToHexString(Pack));
        if (!HasPack)
        {
            Assert.Equal(other.Text, Text);
        }
    }

    public static FetchGift Parse(FetchWish wish, int status, string cacheStatus, byte[] body)
    {
        List<string> acknowledgments = [],
            boundary = [];
        using var pack = new MemoryStream();
        string? refusal = status == 200 ? null : $"status {status}";
        bool inBoundary = wish.Version < 2 && wish.Deepens,
            inPack = false;
        for (int at = 0; at + 4 <= body.Length && status == 200; )
        {
            int length = int.Parse(Encoding.ASCII.GetString(body, at, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (length < 4)
            {
                inBoundary = false;
                at += 4;
                continue;
            }

            ReadOnlySpan<byte> content = body.AsSpan(at + 4, length - 4);
            string text = Encoding.Latin1.GetString(content).TrimEnd('\n');
            at += length;
            if (text.StartsWith("ERR ", StringComparison.Ordinal))
            {
                refusal = text;
            }
            else if (
                inBoundary
                || text.StartsWith("shallow ", StringComparison.Ordinal)
                || text.StartsWith("unshallow ", StringComparison.Ordinal)
            )
            {
                boundary.Add(text);
            }
            else if (!inPack && (text.StartsWith("ACK ", StringComparison.Ordinal) || text is "NAK" or "ready"))
            {
                acknowledgments.Add(text);
            }
            else if (text is "packfile")
            {
                inPack = true;
            }
            else if (content[0] == 1)
            {
                pack.Write(content[1..]);
            }
            else if (content[0] == 3)
            {
                refusal = text[1..];
            }
        }

        boundary.Sort(StringComparer.Ordinal);
        return new FetchGift(status, cacheStatus, body)
        {
            Acknowledgments = acknowledgments,
            Boundary = boundary,
            Pack = pack.ToArray(),
            Refusal = refusal,
            // A client that sends done gets a pack, perhaps an empty one; every v2 response ends with a flush-pkt.
            IsCutShort = refusal is null && pack.Length == 0 && (wish.Done || (wish.Version == 2 && !body.AsSpan().EndsWith("0000"u8))),
        };
    }
}
