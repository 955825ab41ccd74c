using System.Net;

namespace Waystation.Proxy.Primaries;

/// <summary>
/// The body of an answer: while it is silent the node sees for itself whether the primary is there; where it breaks off, as well. At its end
/// its place in the budget is free.
/// </summary>
internal sealed class WatchedContent : HttpContent
{
    private readonly HttpContent _inner;
    private readonly PrimaryHealth _health;
    private readonly IDisposable _place;
    private readonly TimeSpan _patience;

    public WatchedContent(HttpContent inner, PrimaryHealth health, IDisposable place, TimeSpan patience)
    {
        (_inner, _health, _place, _patience) = (inner, health, place, patience);
        foreach ((string name, System.Net.Http.Headers.HeaderStringValues values) in inner.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(name, values);
        }
    }

    protected override async Task<Stream> CreateContentReadStreamAsync() => new WatchedStream(await _inner.ReadAsStreamAsync(), _health, _patience);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        new WatchedStream(await _inner.ReadAsStreamAsync(cancellationToken), _health, _patience);

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

    private sealed class WatchedStream(Stream inner, PrimaryHealth health, TimeSpan patience) : Stream
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
            return reading.IsCompletedSuccessfully ? reading : new ValueTask<int>(WatchAsync(reading.AsTask()));
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override void Flush()
        {
        }

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

        private async Task<int> WatchAsync(Task<int> reading)
        {
            try
            {
                if (await health.EndsAsync(reading, patience))
                {
                    return await reading;
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
            _ = reading.ContinueWith(static ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw health.Failure();
        }
    }
}
