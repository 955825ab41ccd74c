using System.Net;
using Waystation.GitProtocol.Fetching;
using Waystation.Primaries.Gate;

namespace Waystation.Primaries.Http;

/// <summary>
/// The body of an answer: while it is silent the node sees for itself whether the primary is there; where it breaks off, as well. At its
/// end
/// its place in the budget is free. An answer of Git's that ends where none does has broken off, whatever length was announced.
/// </summary>
internal sealed class WatchedContent : HttpContent
{
    private readonly HttpContent _inner;
    private readonly PrimaryHealth _health;
    private readonly IDisposable _place;
    private readonly TimeSpan _patience;
    private readonly bool _isGits;

    public WatchedContent(HttpContent inner, bool isGits, PrimaryHealth health, IDisposable place, TimeSpan patience)
    {
        (_inner, _isGits, _health, _place, _patience) = (inner, isGits, health, place, patience);
        foreach ((string name, System.Net.Http.Headers.HeaderStringValues values) in inner.Headers.NonValidated)
        {
            // A client that was told a length too small would not notice that the rest is missing.
            if (!isGits || !string.Equals(name, "Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                Headers.TryAddWithoutValidation(name, values);
            }
        }
    }

    protected override async Task<Stream> CreateContentReadStreamAsync() =>
        new WatchedStream(await _inner.ReadAsStreamAsync(), NewCheck(), _health, _patience);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        new WatchedStream(await _inner.ReadAsStreamAsync(cancellationToken), NewCheck(), _health, _patience);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _inner.CopyToAsync(stream, context);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
            _place.Dispose();
        }

        base.Dispose(disposing);
    }

    private AnswerEndCheck? NewCheck() => _isGits ? new AnswerEndCheck() : null;

    private sealed class WatchedStream(Stream inner, AnswerEndCheck? check, PrimaryHealth health, TimeSpan patience) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            ValueTask<int> reading = inner.ReadAsync(buffer, cancellationToken);
            return reading.IsCompletedSuccessfully
                ? ValueTask.FromResult(Checked(buffer.Span, reading.Result))
                : new ValueTask<int>(WatchAsync(reading.AsTask(), buffer));
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) =>
            Checked(buffer.AsSpan(offset, count), inner.Read(buffer, offset, count));

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }

        private int Checked(ReadOnlySpan<byte> buffer, int read)
        {
            check?.Read(buffer[..read]);
            return read > 0 || buffer.IsEmpty || check is not { MayEndHere: false }
                ? read
                : throw new IOException("its answer ended too early");
        }

        private async Task<int> WatchAsync(Task<int> reading, Memory<byte> buffer)
        {
            try
            {
                if (await health.EndsAsync(reading, patience))
                {
                    int read = await reading;
                    return Checked(buffer.Span, read);
                }
            }
            catch (IOException e)
            {
                // This answer is lost; what the next request finds is known by then.
                await health.JudgeAsync(e.Message);
                throw;
            }

            // The read ends with the connection.
            await inner.DisposeAsync();
            _ = reading.ContinueWith(
                static ended => ended.Exception,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
            throw health.Failure();
        }
    }
}
