using System.Buffers.Binary;
using System.Text.Json;

namespace Waystation.Farm.Peers.Messages;

/// <summary>Heads and pieces of known length in a stream between nodes: a length of 4 bytes, then JSON or raw bytes.</summary>
internal static class MessageStream
{
    /// <summary>Guards memory: a head is short.</summary>
    private const int MaxHead = 1 << 20;

    /// <summary>Guards memory: the refs of a repository with a million of them.</summary>
    public const int MaxPiece = 256 << 20;

    public static ValueTask WriteHeadAsync<T>(this Stream stream, T head, CancellationToken cancellationToken) =>
        stream.WritePieceAsync(JsonSerializer.SerializeToUtf8Bytes(head), cancellationToken);

    public static async ValueTask WritePieceAsync(this Stream stream, ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, piece.Length);
        await stream.WriteAsync(length, cancellationToken);
        await stream.WriteAsync(piece, cancellationToken);
    }

    /// <exception cref="IOException">There is none.</exception>
    public static async ValueTask<T> ReadHeadAsync<T>(this Stream stream, CancellationToken cancellationToken)
        where T : class
    {
        byte[] json = await stream.ReadPieceAsync(cancellationToken, MaxHead);
        try
        {
            return JsonSerializer.Deserialize<T>(json) ?? throw new IOException("a peer sent an empty message");
        }
        catch (JsonException e)
        {
            throw new IOException("a peer sent a message that cannot be read", e);
        }
    }

    /// <exception cref="IOException">There is none, or it is too long.</exception>
    public static async ValueTask<byte[]> ReadPieceAsync(this Stream stream, CancellationToken cancellationToken, int most = MaxPiece)
    {
        byte[] length = new byte[4];
        await stream.ReadExactlyAsync(length, cancellationToken);
        int count = BinaryPrimitives.ReadInt32BigEndian(length);
        if (count < 0 || count > most)
        {
            throw new IOException("a peer sent a message that is too long");
        }

        byte[] piece = new byte[count];
        await stream.ReadExactlyAsync(piece, cancellationToken);
        return piece;
    }
}
