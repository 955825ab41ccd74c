using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Responses;

namespace Waystation.Primaries.Gate;

/// <summary>
/// The stream of a primary's response. After each time of silence, and when the stream breaks off, the node probes the primary itself.
/// </summary>
/// <param name="inner">The stream.</param>
/// <param name="check">Says whether a Git response may end where the stream ends; null if the stream may end anywhere.</param>
/// <param name="health">Probes the primary.</param>
/// <param name="patience">The longest silence without a probe.</param>
internal sealed class WatchedStream(Stream inner, ResponseEndDetector? check, PrimaryHealth health, TimeSpan patience) : ReadOnlyStream
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask<int> reading = inner.ReadAsync(buffer, cancellationToken);
        return reading.IsCompletedSuccessfully
            ? ValueTask.FromResult(Checked(buffer.Span, reading.Result))
            : new ValueTask<int>(WatchAsync(reading.AsTask(), buffer));
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        Checked(buffer.AsSpan(offset, count), inner.Read(buffer, offset, count));

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
        if (read > 0)
        {
            health.Hear();
        }

        return read > 0 || buffer.IsEmpty || check is not { MayEndHere: false }
            ? read
            : throw new IOException("the primary's response ended early");
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
            // This response is lost. The next request finds the result of the probe.
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
