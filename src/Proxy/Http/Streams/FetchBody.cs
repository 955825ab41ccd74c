using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using Waystation.FetchCore.Memory;
using Waystation.Primaries.Http.Responses;

namespace Waystation.Proxy.Http.Streams;

/// <summary>The body of a request to upload-pack, held in memory as it came, so that it can still go on untouched.</summary>
internal sealed class FetchBody : IDisposable
{
    /// <summary>A body with the wants of 160,000 refs; longer ones are forwarded as they stream.</summary>
    private const int MaxRaw = 8 * 1024 * 1024;

    private const int MaxInflated = 16 * 1024 * 1024;

    private readonly ChunkedBytes _raw = new();
    private readonly MemoryShare _share;

    private FetchBody(MemoryShare share) => _share = share;

    public ReadOnlyMemory<byte> Raw { get; private set; }

    /// <summary>Whether all of the body is here. If not, it is only the beginning, and the rest is still to be read.</summary>
    public bool IsWhole { get; private set; }

    public static async Task<FetchBody> ReadAsync(PipeReader reader, RequestMemory memory, CancellationToken cancellationToken)
    {
        var body = new FetchBody(memory.Open());
        try
        {
            bool mayGrow = true;
            while (mayGrow && !body.IsWhole)
            {
                ReadResult read = await reader.ReadAsync(cancellationToken);
                // The bytes are held in pieces, and once more in one piece when all have come.
                mayGrow = body._share.TryGrow(2 * read.Buffer.Length) && body._raw.Length + read.Buffer.Length <= MaxRaw;
                if (mayGrow)
                {
                    foreach (ReadOnlyMemory<byte> segment in read.Buffer)
                    {
                        body._raw.Write(segment.Span);
                    }
                }

                // Without room the bytes stay unconsumed, so that the request can be forwarded.
                reader.AdvanceTo(mayGrow ? read.Buffer.End : read.Buffer.Start);
                body.IsWhole = mayGrow && read.IsCompleted;
            }

            body.Raw = body._raw.Join();
            body._share.ShrinkTo(body.Raw.Length);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>Parses the body, uncompressed. False if it is not gzip, or is too long; then no inflated bytes are held.</summary>
    /// <param name="isGzip">Whether it is gzip.</param>
    /// <param name="parse">Parses the bytes, and returns the memory that the result takes.</param>
    /// <param name="cancellationToken">The client's token.</param>
    public async Task<bool> TryParseAsync(bool isGzip, Func<ReadOnlySequence<byte>, long> parse, CancellationToken cancellationToken)
    {
        ChunkedBytes? plain = isGzip ? new ChunkedBytes() : null;
        long inflated = 0;
        try
        {
            if (plain is not null)
            {
                await using var gzip = new GZipStream(Open(), CompressionMode.Decompress);
                while (await gzip.ReadAsync(plain.GetMemory(), cancellationToken) is > 0 and int read)
                {
                    if (plain.Length + read > MaxInflated || !_share.TryGrow(read))
                    {
                        return false;
                    }

                    inflated += read;
                    plain.Advance(read);
                }
            }

            ReadOnlySequence<byte> bytes = plain?.ToSequence() ?? new ReadOnlySequence<byte>(Raw);
            long parsing = bytes.Length * RequestCost.ParsedByte;
            if (!_share.TryGrow(parsing))
            {
                return false;
            }

            long kept = 0;
            try
            {
                kept = Math.Min(parse(bytes), parsing);
            }
            finally
            {
                _share.Shrink(parsing - kept);
            }

            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
        finally
        {
            _share.Shrink(inflated);
        }
    }

    /// <summary>The body as a stream from its beginning; missing bytes are read from the rest.</summary>
    public Stream ToStream(PipeReader rest) => IsWhole ? Open() : new JoinedStream(Raw, rest.AsStream());

    public void Dispose() => _share.Dispose();

    private MemoryStream Open() =>
        MemoryMarshal.TryGetArray(Raw, out ArraySegment<byte> array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(Raw.ToArray(), writable: false);
}
