using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Waystation.CacheStore.Streams;

namespace Waystation.Farm.Peers.Frames;

/// <summary>
/// Reads the frames of <see cref="SealedWriter"/>. Each byte that it returns was written by a node with the key. Disposal does not
/// dispose the input. Not for several threads at once.
/// </summary>
/// <param name="input">The frames.</param>
/// <param name="key">The key, 32 bytes.</param>
/// <param name="patience">How long it waits for the next frame; the writer must show that it is alive meanwhile.</param>
internal sealed class SealedReader(Stream input, byte[] key, TimeSpan patience) : ReadOnlyStream
{
    private readonly AesGcm _aes = new(key, SealedWriter.TagLength);
    private readonly byte[] _sealed = ArrayPool<byte>.Shared.Rent(SealedWriter.MaxContent + SealedWriter.TagLength);
    private readonly byte[] _content = ArrayPool<byte>.Shared.Rent(SealedWriter.MaxContent);
    private readonly byte[] _head = new byte[SealedWriter.HeadLength];
    private ulong _number;
    private int _at;
    private int _length;
    private bool _hasEnded;
    private bool _isDisposed;

    /// <exception cref="IOException">A frame does not open, the stream was cut, or the writer was silent for too long.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        while (_at == _length && !_hasEnded)
        {
            await ReadFrameAsync(cancellationToken);
        }

        int taken = Math.Min(buffer.Length, _length - _at);
        _content.AsSpan(_at, taken).CopyTo(buffer.Span);
        _at += taken;
        return taken;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            _aes.Dispose();
            ArrayPool<byte>.Shared.Return(_sealed);
            ArrayPool<byte>.Shared.Return(_content);
        }

        base.Dispose(disposing);
    }

    private async ValueTask ReadFrameAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            await input.ReadExactlyAsync(_head, limit.Token);
            uint head = BinaryPrimitives.ReadUInt32BigEndian(_head);
            uint length = head & ~SealedWriter.LastFlag;
            if (length > SealedWriter.MaxContent)
            {
                throw new IOException("a frame of a peer is too long");
            }

            Memory<byte> body = _sealed.AsMemory(0, (int)length + SealedWriter.TagLength);
            await input.ReadExactlyAsync(body, limit.Token);
            Open((int)length);
            (_at, _length, _hasEnded) = (0, (int)length, (head & SealedWriter.LastFlag) != 0);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"a peer sent nothing for {patience.TotalSeconds:0} s", e);
        }
        catch (HttpRequestException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private void Open(int length)
    {
        Span<byte> nonce = stackalloc byte[12];
        SealedWriter.WriteNonce(nonce, _number++);
        try
        {
            _aes.Decrypt(
                nonce,
                _sealed.AsSpan(0, length),
                _sealed.AsSpan(length, SealedWriter.TagLength),
                _content.AsSpan(0, length),
                _head
            );
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new IOException("a frame of a peer was changed on its way", e);
        }
    }
}
