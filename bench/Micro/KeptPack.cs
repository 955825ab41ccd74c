using System.Buffers;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Packs.Filling;
using Waystation.CacheStore.Packs.Storing;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Responses;
using Waystation.TestKit.Servers;

namespace Waystation.Micro;

/// <summary>A store in a temporary folder that holds one answer.</summary>
internal sealed class KeptPack : IDisposable
{
    private static readonly RepositoryName s_repository = new("git.example.com", "team/tool.git");

    private readonly TempFolder _temp = new();
    private readonly Meter _meter = new("micro");
    private readonly PackKey _key = PackKey.Of(s_repository, Inputs.Clone with { IncludeTag = false });
    private readonly DataFolder _folder;
    private readonly DiskPackTier _tier;

    private KeptPack()
    {
        _folder = new DataFolder(_temp["data"], TimeProvider.System);
        _tier = new DiskPackTier(
            _folder,
            new SpaceBudget(_folder, new DiskOptions(), new StrangerOptions(), TimeProvider.System),
            new PackCacheOptions(),
            new StoreMeters(_meter),
            TimeProvider.System,
            NullLogger<DiskPackTier>.Instance
        );
    }

    /// <summary>Puts a pack of so many bytes into the store, as a fill does.</summary>
    public static async Task<KeptPack> MakeAsync(int length)
    {
        var kept = new KeptPack();
        byte[] pack = Inputs.Noise(length);
        "PACK\0\0\0\u0002\0\0\0\u0001"u8.CopyTo(pack);
        int content = length - ObjectFormat.Sha1.DigestLength;
#pragma warning disable CA5350 // The trailer of a SHA-1 repository's pack is SHA-1.
        SHA1.HashData(pack.AsSpan(0, content), pack.AsSpan(content));
#pragma warning restore CA5350
        await using (
            var fills = new FillTable(
                kept._tier,
                new PackAdmission(TimeProvider.System),
                TimeProvider.System,
                NullLogger<FillTable>.Instance
            )
        )
        await using (
            FillReader follower = fills.JoinOrBegin(
                new FillPlan(kept._key, s_repository, ObjectFormat.Sha1, KeepAtOnce: true),
                FillAsync,
                out _
            )
        )
        {
            byte[] buffer = new byte[BlockSums.BlockLength];
            while (await follower.NextAsync(CancellationToken.None) is { Kind: not PackStepKind.End } step)
            {
                await follower.ReadAsync(buffer.AsMemory(0, step.Length), CancellationToken.None);
                follower.Verify();
            }
        }

        return kept._tier.Contains(kept._key) ? kept : throw new InvalidOperationException("the pack was not stored");

        async Task<FillOutcome> FillAsync(Fill fill)
        {
            fill.Begin(FetchPrologue.Empty, FillSource.Primary);
            await fill.WriteAsync(new ReadOnlySequence<byte>(pack), fill.Stopping);
            return await fill.CompleteAsync(fill.Stopping);
        }
    }

    /// <summary>Begins a reading of it.</summary>
    public async Task<PackReader> OpenAsync() =>
        await _tier.TryOpenAsync(_key, isStranger: false, CancellationToken.None)
        ?? throw new InvalidOperationException("the pack is not in the store");

    public void Dispose()
    {
        _folder.Dispose();
        _meter.Dispose();
        _temp.Dispose();
    }
}
