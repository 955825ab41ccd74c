using System.IO.Compression;
using Waystation.Farm.Announcements;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.Farm.Tickets;

/// <summary>
/// Writes and reads entries. An entry of another version is a miss, so nodes of two versions can share a Redis.
/// <code>
///   version 1 byte, kind 1 byte, asked at 8 bytes, position 16 bytes, length of the content, content compressed by Brotli
/// </code>
/// </summary>
internal static class EntryCodec
{
    /// <summary>Bytes of the longest entry. Longer ones are not shared.</summary>
    public const int MaxLength = 1 << 20;

    private const int Version = 1;
    private const int OfCapabilities = 1;
    private const int OfListing = 2;

    /// <summary>Bytes of the longest content; names of refs compress well, ids do not.</summary>
    private const int MaxContent = 8 << 20;

    /// <summary>The fastest level: it finds what names of refs have in common.</summary>
    private const int Quality = 1;

    private const int Window = 20;

    /// <summary>The entry; null if it would be too long.</summary>
    public static ReadOnlyMemory<byte>? Write(SharedEntry entry)
    {
        var content = new FieldWriter();
        int kind;
        switch (entry.Answer)
        {
            case ExchangedAnswer.Listing { Refs: var refs }:
                // Ids do not compress.
                if ((long)refs.Tips.Count * refs.Asked.ObjectFormat.DigestLength > MaxLength || !ListingCodec.TryWrite(content, refs))
                {
                    return null;
                }

                kind = OfListing;
                break;
            case ExchangedAnswer.Capabilities { Advertisement: var shown }:
                content.Raw(shown.Bytes.Span);
                kind = OfCapabilities;
                break;
            default:
                return null;
        }

        if (content.Written.Length > MaxContent)
        {
            return null;
        }

        var written = new FieldWriter();
        written.Byte(Version);
        written.Byte(kind);
        written.Number(entry.AskedAt);
        written.Number(entry.Position.Milliseconds);
        written.Number(entry.Position.Sequence);
        written.Count(content.Written.Length);
        return written.TryCompressed(content.Written.Span, MaxLength - written.Written.Length, Quality, Window) ? written.Written : null;
    }

    /// <summary>The entry; null if these are not the bytes of one, or of another version.</summary>
    public static SharedEntry? Read(ReadOnlySpan<byte> bytes)
    {
        var from = new FieldReader(bytes);
        (int version, int kind, long askedAt) = (from.Byte(), from.Byte(), from.Number());
        var position = new AnnouncementPosition(from.Number(), from.Number());
        byte[] content = new byte[version == Version ? from.Count(MaxContent) : 0];
        return
            from.IsWhole
            && version == Version
            && BrotliDecoder.TryDecompress(from.Rest, content, out int length)
            && length == content.Length
            && ReadAnswer(kind, content) is { } answer
            ? new SharedEntry(answer, askedAt, position)
            : null;
    }

    private static ExchangedAnswer? ReadAnswer(int kind, byte[] content)
    {
        if (kind == OfCapabilities)
        {
            return CapabilityAdvertisement.TryParse(content, out CapabilityAdvertisement? shown)
                ? new ExchangedAnswer.Capabilities(shown, default)
                : null;
        }

        var from = new FieldReader(content);
        return kind == OfListing && ListingCodec.Read(ref from) is { } listing && from.IsEnd
            ? new ExchangedAnswer.Listing(listing, default)
            : null;
    }
}
