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

    /// <summary>All of the body is here; else only its beginning, and the rest still to be read.</summary>
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
                // Once in pieces, and once in one when all has come.
                mayGrow = body._share.TryGrow(2 * read.Buffer.Length) && body._raw.Length + read.Buffer.Length <= MaxRaw;
                if (mayGrow)
                {
                    foreach (ReadOnlyMemory<byte> segment in read.Buffer)
                    {
                        body._raw.Write(segment.Span);
                    }
                }

                // What finds no room is left where it is, for whoever forwards it.
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

    /// <summary>Parses the body without its coding. False where it is not gzip, or longer than is held; nothing is held of what was
    /// inflated.</summary>
    /// <param name="isGzip">How it is coded.</param>
    /// <param name="parse">Makes something of it, and says what that costs from then on.</param>
    /// <param name="cancellationToken">The client's.</param>
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

    /// <summary>The body as a stream from its beginning, with what is not here yet read from where it came.</summary>
    public Stream ToStream(PipeReader rest) => IsWhole ? Open() : new JoinedStream(Raw, rest.AsStream());

    public void Dispose() => _share.Dispose();

    private MemoryStream Open() =>
        MemoryMarshal.TryGetArray(Raw, out ArraySegment<byte> array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(Raw.ToArray(), writable: false);
}
