using Waystation.Farm.Announcements;
using Waystation.Farm.Nodes;
using Waystation.Farm.Peers;
using Waystation.Farm.Peers.Frames;
using Waystation.Farm.Peers.Messages;
using Waystation.Farm.Secrets;
using Waystation.GitProtocol.Requests;

namespace Waystation.Fuzz.Farm;

/// <summary>
/// What nodes say to one another. The first byte says what follows: raw bytes where frames or sealed values should be, or the content of a
/// message, as a node of another version may write it.
/// </summary>
internal static class PeerFrames
{
    private static readonly byte[] s_key = new byte[32];
    private static readonly FarmSecrets s_secrets = new(["a secret of a farm that is only for this fuzzing"]);
    private static readonly Action<byte[]>[] s_readers =
    [
        Frames,
        Sealed,
        Message<FetchMessage>,
        Message<PrimaryMessage>,
        Message<PrimaryReplyMessage>,
        Message<PushContentMessage>,
        Message<PushMessage>,
        View,
        Request,
        RoundTrip,
    ];

    public static void Read(byte[] bytes)
    {
        if (bytes is not [var first, .. var rest])
        {
            return;
        }

        try
        {
            s_readers[first % s_readers.Length](rest);
        }
        catch (IOException)
        {
            // Refused: the exchange ends.
        }
    }

    /// <summary>Nobody without the key can make a frame that opens.</summary>
    private static void Frames(byte[] bytes)
    {
        using var input = new MemoryStream(bytes);
        using var reader = new SealedReader(input, s_key, TimeSpan.FromMinutes(1));
        byte[] buffer = new byte[256];
        if (reader.ReadAsync(buffer).AsTask().GetAwaiter().GetResult() > 0)
        {
            throw new FindingException("a frame opened");
        }
    }

    private static void Sealed(byte[] bytes)
    {
        FindingException.IfDifferent(null, SealedAnnouncement.Open(s_secrets, bytes), "an announcement that nobody sealed");
        FindingException.IfDifferent(null, NodeEntry.Open(s_secrets, bytes), "an entry that nobody sealed");
        // What another version may have sealed.
        _ = SealedAnnouncement.Open(s_secrets, s_secrets.Seal("announcements", [], bytes));
        _ = NodeEntry.Open(s_secrets, s_secrets.Seal("nodes", [], bytes));
    }

    private static void Message<T>(byte[] bytes)
        where T : class
    {
        using var stream = new MemoryStream();
        stream.WritePieceAsync(bytes, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        stream.Position = 0;
        T message = stream.ReadHeadAsync<T>(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        using var again = new MemoryStream();
        again.WriteHeadAsync(message, CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }

    private static void View(byte[] bytes) => _ = ViewBytes.Read(bytes);

    private static void Request(byte[] bytes)
    {
        FetchRequest request = FetchMessage.Read(bytes, PackWhen.AtOnce);
        FindingException.IfDifferent(request, FetchMessage.Read(FetchMessage.Write(request), PackWhen.AtOnce), "a request to a peer");
    }

    /// <summary>Frames bring what was written, and no changed frame opens.</summary>
    private static void RoundTrip(byte[] bytes)
    {
        using var frames = new MemoryStream();
        using (var writer = new SealedWriter(frames, s_key))
        {
            writer.WriteAsync(bytes).AsTask().GetAwaiter().GetResult();
            writer.EndAsync(CancellationToken.None).GetAwaiter().GetResult();
        }

        byte[] wire = frames.ToArray();
        FindingException.IfDifferent(Convert.ToHexString(bytes), Convert.ToHexString(ReadAll(wire)), "frames");
        wire[bytes.Length % wire.Length] ^= 1;
        try
        {
            byte[] changed = ReadAll(wire);
            throw new FindingException($"{changed.Length} bytes came out of changed frames");
        }
        catch (IOException)
        {
            // As it must be.
        }
    }

    private static byte[] ReadAll(byte[] wire)
    {
        using var input = new MemoryStream(wire);
        using var reader = new SealedReader(input, s_key, TimeSpan.FromMinutes(1));
        using var all = new MemoryStream();
        reader.CopyToAsync(all).GetAwaiter().GetResult();
        return all.ToArray();
    }
}
