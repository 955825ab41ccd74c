using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Lfs;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Lfs;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests.Lfs;

/// <summary>A store of LFS objects of one test in a temporary folder, which can be closed and opened again.</summary>
internal sealed class ObjectBench : IAsyncDisposable
{
    public const int Block = BlockSums.BlockLength;
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static readonly RepositoryName A = new("git.example", "a.git"),
        B = new("git.example", "b.git");

    private readonly TempFolder _temp = new();
    private readonly Meter _meter = new("lfs of a test");
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly LfsOptions _options;
    private readonly DiskOptions _disk;
    private readonly TimeProvider _time;

    public ObjectBench(long maxSize = 1L << 40, long reserve = 0, TimeProvider? time = null, long diskMaxSize = 0)
    {
        _options = new LfsOptions { MaxSize = maxSize };
        _disk = new DiskOptions { Reserve = reserve, MaxSize = diskMaxSize };
        _time = time ?? TimeProvider.System;
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
                lock (_counts)
                {
                    _counts[instrument.Name] = _counts.GetValueOrDefault(instrument.Name) + value;
                }
            }
        );
        _listener.Start();
        Meters = new StoreMeters(_meter);
        Open(_temp["data"]);
    }

    public StoreMeters Meters { get; }

    public DataFolder Folder { get; private set; } = null!;

    public SpaceBudget Budget { get; private set; } = null!;

    public LfsStore Store { get; private set; } = null!;

    public string[] TemporaryFiles => Directory.GetFiles(Folder.Temporary);

    /// <summary>The files of objects.</summary>
    public string[] StoredFiles =>
        Directory.Exists(Folder.Lfs)
            ? [.. Directory.GetFiles(Folder.Lfs, "*", SearchOption.AllDirectories).Where(static file => Path.GetFileName(file) != "log")]
            : [];

    public static byte[] Noise(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static LfsObject ObjectOf(ReadOnlySpan<byte> content) => new(LfsObjectId.FromRaw(SHA256.HashData(content)), content.Length);

    /// <summary>A source that gives these bytes in pieces.</summary>
    public static Func<ILfsSink, Task> SourceOf(byte[] content, int piece = 100_000) =>
        async fill =>
        {
            for (int at = 0; at < content.Length; at += piece)
            {
                await fill.WriteAsync(content.AsMemory(at, Math.Min(piece, content.Length - at)));
            }
        };

    /// <summary>A source that must not be asked.</summary>
    public static Task Never(ILfsSink fill) => throw new InvalidOperationException("the source was asked");

    public long CountOf(string meter)
    {
        lock (_counts)
        {
            return _counts.GetValueOrDefault(meter);
        }
    }

    public string FileOf(LfsObject lfsObject)
    {
        string name = lfsObject.Id.ToString();
        return Path.Combine(Folder.Lfs, name[..2], name[2..4], name);
    }

    public static async Task<byte[]> ReadAsync(LfsReading reading, long from = 0, long? count = null, long size = 0)
    {
        using var stop = new CancellationTokenSource(Patience);
        Assert.Null(await reading.WaitAsync(stop.Token));
        using var read = new MemoryStream();
        PipeWriter output = PipeWriter.Create(read);
        await reading.CopyToAsync(output, from, count ?? (size - from), stop.Token);
        await output.CompleteAsync();
        return read.ToArray();
    }

    /// <summary>Fills an object, reads it, and waits until it is stored.</summary>
    public async Task<LfsObject> StoreAsync(byte[] content, RepositoryName? repository = null, bool isStranger = false)
    {
        LfsObject one = ObjectOf(content);
        await using (LfsReading reading = Store.Open(repository ?? A, one, SourceOf(content), isStranger))
        {
            Assert.Equal(content, await ReadAsync(reading, size: content.Length));
        }

        await Eventually.TrueAsync("the object is stored", () => Store.Contains(one) && TemporaryFiles.Length == 0);
        return one;
    }

    /// <summary>Closes the store, lets something happen to its files, and opens it again.</summary>
    public async Task RestartAsync(Action? whileClosed = null)
    {
        await Store.DisposeAsync();
        Folder.Dispose();
        whileClosed?.Invoke();
        Open(Folder.Root);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Folder.Dispose();
        _listener.Dispose();
        _meter.Dispose();
        _temp.Dispose();
    }

    private void Open(string root)
    {
        Folder = new DataFolder(root, TimeProvider.System, _disk.Reserve);
        Budget = new SpaceBudget(Folder, _disk, new StrangerOptions(), TimeProvider.System);
        Store = new LfsStore(Folder, Budget, _options, Meters, _time, NullLogger<LfsStore>.Instance);
    }
}
