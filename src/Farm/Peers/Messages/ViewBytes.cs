using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Waystation.FetchCore.Access;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.Farm.Peers.Messages;

/// <summary>
/// The listings of a credential, for another node: each as its question and answer in the form of the protocol (gitprotocol-v2, ls-refs),
/// with what only an older advertisement has.
/// </summary>
internal static class ViewBytes
{
    /// <summary>Writes a view.</summary>
    public static ReadOnlyMemory<byte> Write(AccessView view)
    {
        var all = new ArrayBufferWriter<byte>();
        foreach (RefListing listing in view.Listings)
        {
            WritePiece(
                all,
                JsonSerializer.SerializeToUtf8Bytes(
                    new ListingHead(
                        listing.IsOfShallow,
                        listing.Older?.Version,
                        listing.Older?.Capabilities,
                        listing.Older?.Shallows.Select(static id => id.ToString()).ToArray()
                    )
                )
            );
            var question = new ArrayBufferWriter<byte>();
            LsRefsRequestWriter.Write(question, listing.Asked, agent: null, sayObjectFormat: true);
            WritePiece(all, question.WrittenSpan);
            var answer = new ArrayBufferWriter<byte>();
            LsRefsResponseWriter.Write(answer, listing.Tips, listing.UnbornHeadTarget);
            WritePiece(all, answer.WrittenSpan);
        }

        return all.WrittenMemory;
    }

    /// <summary>The digest of a written view.</summary>
    public static string DigestOf(ReadOnlySpan<byte> view) => Convert.ToHexStringLower(SHA256.HashData(view));

    /// <summary>Reads a view.</summary>
    /// <exception cref="IOException">It is none.</exception>
    public static AccessView Read(ReadOnlyMemory<byte> view)
    {
        try
        {
            List<RefListing> listings = [];
            while (!view.IsEmpty)
            {
                ListingHead head =
                    JsonSerializer.Deserialize<ListingHead>(TakePiece(ref view).Span)
                    ?? throw new IOException("a peer sent a listing without a head");
                if (CommandParser.Parse(new ReadOnlySequence<byte>(TakePiece(ref view))) is not ParsedCommand.LsRefs asked)
                {
                    throw new IOException("a peer sent a listing without its question");
                }

                listings.Add(Read(head, asked.Request, TakePiece(ref view).Span));
            }

            return new AccessView(listings);
        }
        catch (Exception e) when (e is GitProtocolException or JsonException or FormatException)
        {
            throw new IOException("a peer sent listings that cannot be read", e);
        }
    }

    private static RefListing Read(ListingHead head, LsRefsRequest asked, ReadOnlySpan<byte> answer)
    {
        var reader = new LsRefsReader(asked.ObjectFormat);
        reader.Read(answer);
        if (!reader.IsComplete)
        {
            throw new IOException("a peer sent a listing that is not whole");
        }

        return RefListing.Of(asked, reader) with
        {
            IsOfShallow = head.IsOfShallow,
            Older = head.Version is { } version
                ? new V0Advertisement(version, head.Capabilities ?? "", [.. (head.Shallows ?? []).Select(id => Id(id, asked.ObjectFormat))])
                : null,
        };
    }

    private static ObjectId Id(string text, ObjectFormat format) =>
        ObjectId.TryParse(Encoding.ASCII.GetBytes(text), format, out ObjectId id) ? id : throw new FormatException();

    private static void WritePiece(ArrayBufferWriter<byte> writer, ReadOnlySpan<byte> piece)
    {
        BinaryPrimitives.WriteInt32BigEndian(writer.GetSpan(4), piece.Length);
        writer.Advance(4);
        writer.Write(piece);
    }

    private static ReadOnlyMemory<byte> TakePiece(ref ReadOnlyMemory<byte> view)
    {
        int length = view.Length < 4 ? -1 : BinaryPrimitives.ReadInt32BigEndian(view.Span);
        if (length < 0 || length > view.Length - 4)
        {
            throw new FormatException();
        }

        ReadOnlyMemory<byte> piece = view.Slice(4, length);
        view = view[(4 + length)..];
        return piece;
    }

    private sealed record ListingHead(bool? IsOfShallow, int? Version, string? Capabilities, IReadOnlyList<string>? Shallows);
}
