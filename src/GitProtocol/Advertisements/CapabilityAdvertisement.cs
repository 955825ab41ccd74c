using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Advertisements;

/// <summary>
/// The capabilities of a v2 server (gitprotocol-v2, Capability Advertisement). They name no ref, so the node may show them again.
/// </summary>
public sealed class CapabilityAdvertisement
{
    /// <summary>The longest advertisement that is read. git's own has about 300 bytes; lists of promisor remotes make it longer.</summary>
    public const int MaxLength = 1 << 20;

    private readonly Dictionary<string, string?> _capabilities;

    private CapabilityAdvertisement(ReadOnlyMemory<byte> bytes, Dictionary<string, string?> capabilities, ObjectFormat format)
    {
        Bytes = bytes;
        this._capabilities = capabilities;
        ObjectFormat = format;
    }

    /// <summary>The bytes as on the wire: from "version 2" to the flush-pkt, without the service line of HTTP.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The object format of the repository; SHA-1 if the server names none.</summary>
    public ObjectFormat ObjectFormat { get; }

    /// <summary>Reads one whole advertisement; false when it is anything else.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out CapabilityAdvertisement? advertisement)
    {
        advertisement = null;
        if (bytes.Length > MaxLength)
        {
            return false;
        }

        try
        {
            advertisement = Read(bytes);
        }
        catch (GitProtocolException)
        {
            // Not an advertisement: the result is false.
        }
        return advertisement is not null;
    }

    /// <summary>Whether the server has this command or capability, such as <c>fetch</c> or <c>object-format</c>.</summary>
    public bool Supports(string command) => _capabilities.ContainsKey(command);

    /// <summary>Whether the server has this feature of a command, such as <c>filter</c> of <c>fetch</c>.</summary>
    public bool Supports(string command, string feature) =>
        _capabilities.GetValueOrDefault(command) is { } features && features.Split(' ').Contains(feature, StringComparer.Ordinal);

    private static CapabilityAdvertisement? Read(ReadOnlyMemory<byte> bytes)
    {
        var buffer = new ReadOnlySequence<byte>(bytes);
        if (!PktLineReader.TryRead(ref buffer, out PktLine packet) || !packet.TextIs(Keywords.Version2))
        {
            return null;
        }

        var found = new Dictionary<string, string?>(StringComparer.Ordinal);
        while (PktLineReader.TryRead(ref buffer, out packet))
        {
            if (packet.Kind == PktLineKind.Flush)
            {
                return buffer.IsEmpty ? Known(bytes, found) : null;
            }

            if (packet.Kind != PktLineKind.Data)
            {
                return null;
            }

            string line = Encoding.Latin1.GetString(packet.Text);
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            // If a capability comes twice, the first one counts, as in git.
            found.TryAdd(equals < 0 ? line : line[..equals], equals < 0 ? null : line[(equals + 1)..]);
        }
        return null;
    }

    private static CapabilityAdvertisement? Known(ReadOnlyMemory<byte> bytes, Dictionary<string, string?> found)
    {
        ObjectFormat format = ObjectFormat.Sha1;
        bool known = !found.TryGetValue("object-format", out string? name) || ObjectFormats.TryParse(name, out format);
        return known ? new CapabilityAdvertisement(bytes, found, format) : null;
    }
}
