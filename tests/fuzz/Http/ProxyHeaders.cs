using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Waystation.Proxy.Connections;

namespace Waystation.Fuzz.Http;

/// <summary>
/// Headers of the PROXY protocol: a header is read the same however the bytes are cut and whatever follows it, and the address in it is
/// written and read again without a loss.
/// </summary>
internal static class ProxyHeaders
{
    public static void Read(byte[] bytes)
    {
        ProxyHeader all = ProxyHeader.Parse(bytes);
        FindingException.IfDifferent(true, all.Length <= Math.Min(bytes.Length, ProxyHeader.MaxLength), "a header within its bytes");
        FindingException.IfDifferent(all.Status == ProxyHeaderStatus.Whole, all.Length > 0, "a whole header has a length");
        Cut(bytes, all);
        if (all.Source is { } source)
        {
            FindingException.IfDifferent(all.Source, ProxyHeader.Parse(LineOf(source)).Source, "the address, written as version 1");
            FindingException.IfDifferent(all.Source, ProxyHeader.Parse(BinaryOf(source)).Source, "the address, written as version 2");
        }
    }

    /// <summary>A reader that has fewer bytes waits for more, or knows what one with all bytes knows.</summary>
    private static void Cut(byte[] bytes, ProxyHeader all)
    {
        for (int length = 0; length <= bytes.Length; length++)
        {
            ProxyHeader part = ProxyHeader.Parse(bytes.AsSpan(0, length));
            if (part.Status != ProxyHeaderStatus.Unfinished)
            {
                FindingException.IfDifferent(all, part, $"the first {length} bytes");
            }

            if (all.Status == ProxyHeaderStatus.Whole)
            {
                FindingException.IfDifferent(length >= all.Length, part.Status == ProxyHeaderStatus.Whole, $"the first {length} bytes");
            }
        }
    }

    private static byte[] LineOf(IPEndPoint source)
    {
        string family = source.AddressFamily == AddressFamily.InterNetwork ? "TCP4" : "TCP6";
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"PROXY {family} {source.Address} {source.Address} {source.Port} 443\r\n"
        );
        return Encoding.Latin1.GetBytes(line);
    }

    private static byte[] BinaryOf(IPEndPoint source)
    {
        byte[] address = source.Address.GetAddressBytes();
        byte[] port = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(port, (ushort)source.Port);
        byte[] body = [.. address, .. address, .. port, 1, 187];
        byte family = source.AddressFamily == AddressFamily.InterNetwork ? (byte)0x11 : (byte)0x21;
        return [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, family, 0, (byte)body.Length, .. body];
    }
}
