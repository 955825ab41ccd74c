using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Waystation.Primaries;

namespace Waystation.Proxy.Connections;

/// <summary>
/// The header of the PROXY protocol, versions 1 and 2 (doc/proxy-protocol.txt of HAProxy, 2.1 and 2.2): a balancer that passes bytes sends
/// it before them, so that the server learns the client's address.
/// <code>
///   v1   PROXY TCP4 192.0.2.1 198.51.100.7 56324 443 CR LF             107 bytes at most
///   v2   signature (12)  version, command  family, transport  length (2)  addresses  TLVs
/// </code>
/// No request of HTTP and no TLS handshake begins like either of them.
/// </summary>
/// <param name="Status">What the bytes are.</param>
/// <param name="Length">The length of a whole header; else 0.</param>
/// <param name="Source">The client's address; null if the header is whole and leaves the address of the connection.</param>
internal readonly record struct ProxyHeader(ProxyHeaderStatus Status, int Length = 0, IPEndPoint? Source = null)
{
    /// <summary>
    /// The most that a header takes. A balancer adds some hundred bytes of TLVs, or a few thousand with a client's certificate.
    /// </summary>
    public const int MaxLength = 8 * 1024;

    private const int MaxLineLength = 107;
    private const int PrefixLength = 16;

    private static readonly ProxyHeader s_malformed = new(ProxyHeaderStatus.Malformed);
    private static readonly ProxyHeader s_unfinished = new(ProxyHeaderStatus.Unfinished);

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    private static ReadOnlySpan<byte> Word => "PROXY "u8;

    /// <summary>Reads the header at the start of a connection.</summary>
    /// <param name="bytes">The first bytes of the connection: all that have come, or <see cref="MaxLength"/> of them.</param>
    public static ProxyHeader Parse(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith(Signature) ? ParseBinary(bytes)
        : bytes.StartsWith(Word) ? ParseLine(bytes)
        : Signature.StartsWith(bytes) || Word.StartsWith(bytes) ? s_unfinished
        : new ProxyHeader(ProxyHeaderStatus.Absent);

    private static ProxyHeader ParseLine(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> longest = bytes[..Math.Min(bytes.Length, MaxLineLength)];
        int end = longest.IndexOf((byte)'\n');
        if (end < 0)
        {
            return longest.Length < MaxLineLength ? s_unfinished : s_malformed;
        }

        if (bytes[end - 1] != '\r')
        {
            return s_malformed;
        }

        string[] words = Encoding.Latin1.GetString(bytes[..(end - 1)]).Split(' ');
        return words switch
        {
            [_, "UNKNOWN", ..] => new ProxyHeader(ProxyHeaderStatus.Whole, end + 1),
            [_, "TCP4", var source, var target, var from, var to] => Of(AddressFamily.InterNetwork, source, target, from, to, end + 1),
            [_, "TCP6", var source, var target, var from, var to] => Of(AddressFamily.InterNetworkV6, source, target, from, to, end + 1),
            _ => s_malformed,
        };
    }

    private static ProxyHeader Of(AddressFamily family, string source, string target, string from, string to, int length) =>
        IsOf(family, source)
        && IsOf(family, target)
        && ClientNetworks.TryParseAddress(source, out IPAddress? address)
        && ClientNetworks.TryParseAddress(target, out _)
        && PortOf(from) is { } port
        && PortOf(to) is not null
            ? new ProxyHeader(ProxyHeaderStatus.Whole, length, new IPEndPoint(address, port))
            : s_malformed;

    private static bool IsOf(AddressFamily family, string address) =>
        address.Contains(':', StringComparison.Ordinal) == (family == AddressFamily.InterNetworkV6);

    private static int? PortOf(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && (text.Length == 1 || text[0] != '0')
            ? port
            : null;

    private static ProxyHeader ParseBinary(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < PrefixLength)
        {
            return s_unfinished;
        }

        (int version, int command) = (bytes[12] >> 4, bytes[12] & 0xf);
        (int family, int transport) = (bytes[13] >> 4, bytes[13] & 0xf);
        int length = PrefixLength + BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        if (version != 2 || command > 1 || family > 3 || transport > 2 || length > MaxLength)
        {
            return s_malformed;
        }

        // LOCAL (0) is the balancer's own connection, such as a check: its addresses say nothing.
        (int addressLength, int addresses) = (command, family) switch
        {
            (1, 1) => (4, 12),
            (1, 2) => (16, 36),
            (1, 3) => (0, 216),
            _ => (0, 0),
        };
        if (length < PrefixLength + addresses)
        {
            return s_malformed;
        }

        if (bytes.Length < length)
        {
            return s_unfinished;
        }

        if (addressLength == 0 || transport == 0)
        {
            return new ProxyHeader(ProxyHeaderStatus.Whole, length);
        }

        IPAddress address = ClientNetworks.Plain(new IPAddress(bytes.Slice(PrefixLength, addressLength)));
        int port = BinaryPrimitives.ReadUInt16BigEndian(bytes[(PrefixLength + (2 * addressLength))..]);
        return new ProxyHeader(ProxyHeaderStatus.Whole, length, new IPEndPoint(address, port));
    }
}
