using System.Text;
using Waystation.Farm.Secrets;

namespace Waystation.Farm.Announcements;

/// <summary>An announcement as it is in the stream: sealed, and numbered by its sender.</summary>
/// <param name="Sender">Changes with each start of the node that announces.</param>
/// <param name="Number">Grows by one with each announcement of the sender. 0 is outside the order.</param>
/// <param name="From">The name of the node.</param>
/// <param name="Kind">The kind.</param>
/// <param name="Content">The content.</param>
internal sealed record SealedAnnouncement(Guid Sender, long Number, string From, string Kind, ReadOnlyMemory<byte> Content)
{
    private const string Purpose = "announcements";

    /// <summary>Seals it for the stream.</summary>
    public byte[] Seal(FarmSecrets secrets)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        writer.Write(Sender.ToByteArray());
        writer.Write(Number);
        writer.Write(From);
        writer.Write(Kind);
        writer.Write(Content.Span);
        writer.Flush();
        return secrets.Seal(Purpose, [], bytes.ToArray());
    }

    /// <summary>Opens an entry of the stream; null if no node of the farm has sealed it.</summary>
    public static SealedAnnouncement? Open(FarmSecrets secrets, ReadOnlySpan<byte> sealedBytes)
    {
        if (secrets.Open(Purpose, [], sealedBytes) is not { } content)
        {
            return null;
        }

        using var bytes = new MemoryStream(content);
        using var reader = new BinaryReader(bytes, Encoding.UTF8);
        try
        {
            var sender = new Guid(reader.ReadBytes(16));
            long number = reader.ReadInt64();
            string from = reader.ReadString();
            string kind = reader.ReadString();
            return new SealedAnnouncement(sender, number, from, kind, content.AsMemory((int)bytes.Position));
        }
        catch (Exception e) when (e is ArgumentException or IOException or FormatException)
        {
            // A node of another version has sealed it.
            return null;
        }
    }
}
