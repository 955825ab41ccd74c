using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Waystation.CacheStore.Streams;

namespace Waystation.Farm.Peers.Frames;

/// <summary>
/// Writes a stream of sealed frames. A changed, left out, repeated or moved frame does not open, and a stream that was cut has no last
/// frame.
/// <code>
///   frame   length 4 bytes, whose highest bit marks the last frame; AES-256-GCM of up to 64 KiB; tag 16 bytes
/// </code>
/// The nonce is the number of the frame. An empty frame that is not the last is a sign of life. Disposal does not dispose the output. Not
/// for several threads at once.
/// </summary>
internal sealed class SealedWriter(Stream output, byte[] key) : WriteOnlyStream
{
    internal const int MaxContent = 64 * 1024;
    internal const int HeadLength = 4;
    internal const int TagLength = 16;
    internal const uint LastFlag = 0x8000_0000;

    private readonly AesGcm _aes = new(key, TagLength);
    private readonly byte[] _frame = ArrayPool<byte>.Shared.Rent(HeadLength + MaxContent + TagLength);
    private ulong _number;
    private bool _isDisposed;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            int length = Math.Min(buffer.Length, MaxContent);
            await output.WriteAsync(Seal(buffer.Span[..length], isLast: false), cancellationToken);
            buffer = buffer[length..];
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

    /// <summary>Tells the reader that the writer is alive.</summary>
    public async Task PulseAsync(CancellationToken cancellationToken)
    {
        await output.WriteAsync(Seal([], isLast: false), cancellationToken);
        await output.FlushAsync(cancellationToken);
    }

    /// <summary>The stream is whole.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        await output.WriteAsync(Seal([], isLast: true), cancellationToken);
        await output.FlushAsync(cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            _aes.Dispose();
            ArrayPool<byte>.Shared.Return(_frame);
        }

        base.Dispose(disposing);
    }

    internal static void WriteNonce(Span<byte> nonce, ulong number)
    {
        nonce.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(nonce[4..], number);
    }

    private ReadOnlyMemory<byte> Seal(ReadOnlySpan<byte> content, bool isLast)
    {
        Span<byte> nonce = stackalloc byte[12];
        WriteNonce(nonce, _number++);
        Span<byte> frame = _frame;
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)content.Length | (isLast ? LastFlag : 0));
        _aes.Encrypt(
            nonce,
            content,
            frame.Slice(HeadLength, content.Length),
            frame.Slice(HeadLength + content.Length, TagLength),
            frame[..HeadLength]
        );
        return _frame.AsMemory(0, HeadLength + content.Length + TagLength);
    }
}
