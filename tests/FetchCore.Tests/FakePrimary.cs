using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Tests;

/// <summary>A primary in memory: it has refs and one pack, may refuse, and counts its requests.</summary>
internal sealed class FakePrimary(TimeProvider time)
{
    private int _packs;
    private int _listings;
    private int _advertisements;

    public static byte[] Pack { get; } = MakePack(300_000, seed: 7);

    /// <summary>Another pack than <see cref="Pack"/>.</summary>
    public static byte[] OtherPack { get; } = MakePack(200_000, seed: 8);

    public List<(string Name, ObjectId Id, ObjectId? Peeled)> Refs { get; } = [];

    public int Packs => _packs;

    public int Listings => _listings;

    /// <summary>How often it was asked for its advertisement.</summary>
    public int Advertisements => _advertisements;

    /// <summary>The advertisement for a client of v0 or v1; null for the capabilities of v2.</summary>
    public byte[]? OldAdvertisement { get; set; }

    /// <summary>Its advertisement is that of v0, of the refs that there are then.</summary>
    public bool SpeaksOld { get; set; }

    /// <summary>Whether a user is shown a ref; everybody is shown all by default.</summary>
    public Func<string, string, bool> Shows { get; set; } = static (_, _) => true;

    /// <summary>The boundary of its own history, as it tells it to a client of v0.</summary>
    public Func<IReadOnlyList<ObjectId>> Shallows { get; set; } = static () => [];

    /// <summary>Awaited before any pack is answered.</summary>
    public Task PackGate { get; set; } = Task.CompletedTask;

    /// <summary>Awaited before any refs are shown.</summary>
    public Task ListingGate { get; set; } = Task.CompletedTask;

    /// <summary>The response to a fetch instead of the pack; null for the pack.</summary>
    public Func<string, PrimaryReply?> FetchOverride { get; set; } = static _ => null;

    /// <summary>The response to the node's own fetch; null for the response to a client's.</summary>
    public Func<FetchRequest, ResponseFraming, PrimaryReply?> SyncOverride { get; set; } = static (_, _) => null;

    public Func<string, bool> Refuses { get; set; } = static _ => false;

    public IPrimary For(string user) => new Session(this, user);

    public static byte[] PackAnswer(ReadOnlySpan<byte> pack, bool whole = true, FetchPrologue? prologue = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        FetchResponseWriter.WritePrologueV2(buffer, prologue ?? FetchPrologue.Empty, sidebandAll: false);
        Sideband.Write(buffer, Sideband.PackData, pack);
        if (whole)
        {
            FetchResponseWriter.WriteEnd(buffer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The advertisement for a client of v0.</summary>
    public byte[] AdvertisementOf(string user)
    {
        var buffer = new ArrayBufferWriter<byte>();
        string capabilities = "\0side-band-64k include-tag";
        foreach ((string name, ObjectId id, ObjectId? peeled) in ShownTo(user))
        {
            PktLineWriter.WriteText(buffer, $"{id} {name}{capabilities}");
            capabilities = "";
            if (peeled is { } to)
            {
                PktLineWriter.WriteText(buffer, $"{to} {name}^{{}}");
            }
        }

        foreach (ObjectId id in Shallows())
        {
            PktLineWriter.WriteText(buffer, $"shallow {id}");
        }

        PktLineWriter.WriteFlush(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] MakePack(int length, int seed)
    {
        byte[] pack = new byte[length];
        new Random(seed).NextBytes(pack);
        "PACK\0\0\0\u0002\0\0\0\u0001"u8.CopyTo(pack);
#pragma warning disable CA5350 // git names what it packs by SHA-1
        SHA1.HashData(pack.AsSpan(0, length - 20), pack.AsSpan(length - 20));
#pragma warning restore CA5350
        return pack;
    }

    private List<(string Name, ObjectId Id, ObjectId? Peeled)> ShownTo(string user)
    {
        lock (Refs)
        {
            return [.. Refs.Where(tip => Shows(user, tip.Name))];
        }
    }

    private byte[] Listing(string user, LsRefsRequest asked)
    {
        var buffer = new ArrayBufferWriter<byte>();
        foreach ((string name, ObjectId id, ObjectId? peeled) in ShownTo(user).Where(tip => asked.Covers(tip.Name)))
        {
            PktLineWriter.WriteText(buffer, $"{id} {name}" + (peeled is { } to ? $" peeled:{to}" : ""));
        }

        PktLineWriter.WriteFlush(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    private sealed class Session(FakePrimary primary, string user) : IPrimary
    {
        public async Task<PrimaryReply> FetchAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref primary._packs);
            await primary.PackGate.WaitAsync(cancellationToken);
            return primary.FetchOverride(user)
                ?? (primary.Refuses(user) ? new FakeReply([], primary.Now, isRefusal: true) : new FakeReply(PackAnswer(Pack), primary.Now));
        }

        public Task<PrimaryReply> AskRefsAsync(CancellationToken cancellationToken) => InfoRefsAsync(cancellationToken);

        public Task<PrimaryReply> SyncAsync(FetchRequest request, ResponseFraming framing, CancellationToken cancellationToken) =>
            primary.SyncOverride(request, framing) is { } reply ? Task.FromResult(reply) : FetchAsync(cancellationToken);

        public async Task<PrimaryReply> LsRefsAsync(LsRefsRequest request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref primary._listings);
            await primary.ListingGate.WaitAsync(cancellationToken);
            return primary.Refuses(user)
                ? new FakeReply([], primary.Now, isRefusal: true)
                : new FakeReply(primary.Listing(user, request), primary.Now);
        }

        public async Task<PrimaryReply> InfoRefsAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref primary._advertisements);
            await primary.ListingGate.WaitAsync(cancellationToken);
            byte[] said = primary.SpeaksOld
                ? primary.AdvertisementOf(user)
                : primary.OldAdvertisement ?? [.. "000eversion 2\n"u8, .. "0017object-format=sha1\n"u8, .. "0000"u8];
            return new FakeReply(said, primary.Now);
        }
    }

    private long Now => time.GetTimestamp();
}

/// <summary>A reply in memory.</summary>
internal sealed class FakeReply(PipeReader body, long askedAt, bool isRefusal = false) : PrimaryReply
{
    public FakeReply(byte[] body, long askedAt, bool isRefusal = false)
        : this(PipeReader.Create(new MemoryStream(body), new StreamPipeReaderOptions(bufferSize: 4096)), askedAt, isRefusal) { }

    public bool IsDisposed { get; private set; }

    public override bool IsAnswer => !isRefusal;

    public override bool IsRefusal => isRefusal;

    public override long AskedAt => askedAt;

    public override PipeReader Body => body;

    public override async ValueTask DisposeAsync()
    {
        IsDisposed = true;
        await Body.CompleteAsync();
    }
}
