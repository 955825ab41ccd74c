using System.Buffers;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Packs.Filling;
using Waystation.CacheStore.Packs.Storing;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests;

/// <summary>A pack cache of one test in a temporary folder, which can be closed and opened again.</summary>
internal sealed class Store : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    public static readonly RepositoryName Repository = new("git.example", "team/tool.git");

    private readonly TempFolder _temp = new();
    private readonly Meter _meter = new("store of a test");
    private readonly MeterListener _listener = new();
    private readonly PackCacheOptions _options;
    private readonly long _reserve;
    private readonly TimeProvider _time;
    private long _failures;
    private long _evictedBytes;
    private long _quarantined;

    /// <param name="options">The settings of the pack cache.</param>
    /// <param name="reserve">The bytes that stay free on the disk.</param>
    /// <param name="time">The clock; what a pack took to make is part of its worth.</param>
    public Store(PackCacheOptions? options = null, long reserve = 0, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _options = options ?? new PackCacheOptions();
        _reserve = reserve;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == _meter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(
            (instrument, value, _, _) =>
            {
                switch (instrument.Name)
                {
                    case "waystation_pack_cache_failures_total":
                        Interlocked.Add(ref _failures, value);
                        break;
                    case "waystation_pack_cache_evicted_bytes_total":
                        Interlocked.Add(ref _evictedBytes, value);
                        break;
                    case "waystation_pack_cache_quarantined_total":
                        Interlocked.Add(ref _quarantined, value);
                        break;
                    default:
                        break;
                }
            }
        );
        _listener.Start();
        Meters = new StoreMeters(_meter);
        Admission = new PackAdmission(_time);
        Folder = new DataFolder(_temp["data"], _time, _reserve);
        Tier = NewTier();
        Fills = NewFills();
    }

    public StoreMeters Meters { get; }

    public PackAdmission Admission { get; }

    public DataFolder Folder { get; private set; }

    public DiskPackTier Tier { get; private set; }

    public FillTable Fills { get; private set; }

    public long Failures => Interlocked.Read(ref _failures);

    public long EvictedBytes => Interlocked.Read(ref _evictedBytes);

    public long Quarantined => Interlocked.Read(ref _quarantined);

    public string[] TemporaryFiles => Directory.GetFiles(Folder.Temporary);

    public string[] StoredFiles => Directory.GetFiles(Folder.Packs, "*", SearchOption.AllDirectories);

    public static PackKey KeyOf(int number) => PackKey.Of(Repository, new FetchRequest { Wants = [IdOf(number)], Pack = PackWhen.AtOnce });

    public static ObjectId IdOf(int number) => ObjectId.Parse(number.ToString("x40"));

    public static FillPlan PlanOf(int number, bool keepAtOnce = true, ObjectFormat format = ObjectFormat.Sha1) =>
        new(KeyOf(number), Repository, format, keepAtOnce);

    /// <summary>A source that gives a pack in pieces of so many bytes.</summary>
    public static Func<Fill, Task<FillOutcome>> SourceOf(byte[] pack, int piece = 100_000, FetchPrologue? prologue = null) =>
        async fill =>
        {
            fill.Begin(prologue ?? new FetchPrologue(), FillSource.Primary);
            await WriteAsync(fill, pack, piece);
            return await fill.CompleteAsync(fill.Stopping);
        };

    public static async Task WriteAsync(Fill fill, ReadOnlyMemory<byte> bytes, int piece)
    {
        for (int at = 0; at < bytes.Length; at += piece)
        {
            await fill.WriteAsync(new ReadOnlySequence<byte>(bytes.Slice(at, Math.Min(piece, bytes.Length - at))), fill.Stopping);
            await fill.FlushAsync(fill.Stopping);
        }
    }

    /// <summary>Reads to the end in pieces, and calls back at every piece, so that a test can hold the reader up.</summary>
    public static async Task<byte[]> ReadAsync(PackReader reader, int piece = int.MaxValue, Func<long, Task>? afterPiece = null)
    {
        using var stop = new CancellationTokenSource(Patience);
        using var read = new MemoryStream();
        while (await reader.NextAsync(stop.Token) is { Kind: not PackStepKind.End } step)
        {
            for (int left = step.Length; left > 0; )
            {
                byte[] bytes = new byte[Math.Min(left, piece)];
                await reader.ReadAsync(bytes, stop.Token);
                reader.Verify();
                read.Write(bytes);
                left -= bytes.Length;
                await (afterPiece?.Invoke(read.Length) ?? Task.CompletedTask);
            }
        }

        return read.ToArray();
    }

    /// <summary>Makes an answer, reads it and waits until it is in the store.</summary>
    public async Task StoreAsync(int number, byte[] pack, FetchPrologue? prologue = null, bool isOfStranger = false)
    {
        await using (
            FillReader reader = Fills.JoinOrBegin(
                PlanOf(number) with
                {
                    IsOfStranger = isOfStranger,
                },
                SourceOf(pack, prologue: prologue),
                out bool began
            )
        )
        {
            Assert.True(began);
            Assert.Equal(pack, await ReadAsync(reader));
        }

        await SettleAsync();
    }

    public string FileOf(int number, string suffix) => StoredFiles.Single(f => Path.GetFileName(f) == KeyOf(number) + suffix);

    /// <summary>Waits until the fills, which have nothing left to write, are stored or gone.</summary>
    public async Task SettleAsync()
    {
        await Fills.DisposeAsync();
        Fills = NewFills();
    }

    /// <summary>Closes the store, lets something happen to its files, and opens it again.</summary>
    public async Task RestartAsync(Action? whileClosed = null)
    {
        await Fills.DisposeAsync();
        Folder.Dispose();
        whileClosed?.Invoke();
        Folder = new DataFolder(Folder.Root, _time, _reserve);
        Tier = NewTier();
        Fills = NewFills();
    }

    public async ValueTask DisposeAsync()
    {
        await Fills.DisposeAsync();
        Folder.Dispose();
        _listener.Dispose();
        _meter.Dispose();
        _temp.Dispose();
    }

    private DiskPackTier NewTier() =>
        new(
            Folder,
            new SpaceBudget(Folder, new DiskOptions(), new StrangerOptions(), _time),
            _options,
            Meters,
            _time,
            NullLogger<DiskPackTier>.Instance
        );

    private FillTable NewFills() => new(Tier, Admission, _time, NullLogger<FillTable>.Instance);
}

/// <summary>Bytes that are a pack by their header and trailer.</summary>
internal static class PackBytes
{
    /// <summary>A pack of so many bytes in all; the same bytes for the same length.</summary>
    public static byte[] Make(int length, ObjectFormat format = ObjectFormat.Sha1)
    {
        byte[] pack = new byte[length];
        new Random(length).NextBytes(pack);
        "PACK\0\0\0\u0002\0\0\0\u0001"u8.CopyTo(pack);
        int content = length - format.DigestLength;
        if (format == ObjectFormat.Sha1)
        {
#pragma warning disable CA5350 // git's own digest.
            SHA1.HashData(pack.AsSpan(0, content), pack.AsSpan(content));
#pragma warning restore CA5350
        }
        else
        {
            SHA256.HashData(pack.AsSpan(0, content), pack.AsSpan(content));
        }

        return pack;
    }
}
