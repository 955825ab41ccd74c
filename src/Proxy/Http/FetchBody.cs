using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;

namespace Waystation.Proxy.Http;

/// <summary>The body of a request to upload-pack, held in memory as it came, so that it can still go on untouched.</summary>
internal sealed class FetchBody : IDisposable
{
    /// <summary>A body with the wants of 160,000 refs; longer ones are forwarded as they stream.</summary>
    private const int MaxRaw = 8 * 1024 * 1024;

    private const int MaxInflated = 16 * 1024 * 1024;

    /// <summary>All that is held of bodies at one time, over all requests.</summary>
    private const long MaxHeld = 192L * 1024 * 1024;

    private static long s_held;

    private readonly ArrayBufferWriter<byte> _raw = new();
    private long _counted;

    private FetchBody()
    {
    }

    public ReadOnlyMemory<byte> Raw => _raw.WrittenMemory;

    /// <summary>All of the body is here; else only its beginning, and the rest still to be read.</summary>
    public bool IsWhole { get; private set; }

    public static async Task<FetchBody> ReadAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        var body = new FetchBody();
        try
        {
            while (true)
            {
                ReadResult read = await reader.ReadAsync(cancellationToken);
                foreach (ReadOnlyMemory<byte> segment in read.Buffer)
                {
                    body._raw.Write(segment.Span);
                }

                reader.AdvanceTo(read.Buffer.End);
                body.IsWhole = read.IsCompleted;
                if (read.IsCompleted || !body.MayGrow(read.Buffer.Length))
                {
                    return body;
                }
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>The body without its coding; null where it is not gzip, or longer than is held.</summary>
    public async Task<ReadOnlySequence<byte>?> InflateAsync(CancellationToken cancellationToken)
    {
        var plain = new ArrayBufferWriter<byte>();
        await using var gzip = new GZipStream(new MemoryStream(Raw.ToArray()), CompressionMode.Decompress);
        try
        {
            while (true)
            {
                int read = await gzip.ReadAsync(plain.GetMemory(64 * 1024), cancellationToken);
                if (read == 0)
                {
                    return new ReadOnlySequence<byte>(plain.WrittenMemory);
                }

                plain.Advance(read);
                if (plain.WrittenCount > MaxInflated || !MayGrow(read))
                {
                    return null;
                }
            }
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>The body as a stream from its beginning, with what is not here yet read from where it came.</summary>
    public Stream ToStream(PipeReader rest) => IsWhole ? new MemoryStream(Raw.ToArray(), writable: false) : new JoinedStream(Raw, rest.AsStream());

    public void Dispose() => Interlocked.Add(ref s_held, -Interlocked.Exchange(ref _counted, 0));

    private bool MayGrow(long by)
    {
        Interlocked.Add(ref _counted, by);
        return Interlocked.Add(ref s_held, by) <= MaxHeld && _raw.WrittenCount <= MaxRaw;
    }
}
