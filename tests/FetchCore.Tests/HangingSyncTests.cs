using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Flights;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Peers;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests;

/// <summary>A sync that hangs: no further request waits for it, and after a while it gives up its place.</summary>
public sealed class HangingSyncTests : IAsyncLifetime
{
    /// <summary>Of the real clock, for a machine that is busy.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly TempFolder _folder = new();
    private readonly Meter _meter = new("test");
    private readonly ManualTime _time = new();
    private readonly BackgroundWork _work = new(NullLogger<BackgroundWork>.Instance);
    private readonly FakePrimary _primary;
    private DataFolder? _data;
    private MirrorSync? _sync;
    private Mirror? _mirror;

    public HangingSyncTests() => _primary = new FakePrimary(_time);

    private MirrorSync Sync => _sync ?? throw new InvalidOperationException("not started");

    public async Task InitializeAsync()
    {
        _data = new DataFolder(_folder["data"], _time);
        var git = new GitProgram(_data, NullLogger<GitProgram>.Instance);
        var mirrors = new MirrorSet(
            _data,
            new SpaceBudget(_data, new DiskOptions(), new StrangerOptions(), TimeProvider.System),
            new MirrorOptions(),
            git,
            new StoreMeters(_meter),
            NullLogger<MirrorSet>.Instance
        );
        var objects = new ObjectQueries(git, new LookupLimiter(new MirrorOptions(), _time), _time);
        var refs = new MirrorRefsUpdate(objects, _time, NullLogger<MirrorRefsUpdate>.Instance);
        var transfer = new MirrorTransfer(
            git,
            _data,
            mirrors,
            new PrimaryHistory(),
            new HolderTransfer(new NoPeers()),
            _time,
            NullLogger<MirrorTransfer>.Instance
        );
        _sync = new MirrorSync(_work, objects, refs, transfer, _time);
        _mirror = mirrors.Publish(
            await mirrors.PrepareAsync(CoreFixture.Repository, ObjectFormat.Sha1, isOfStrangers: false, CancellationToken.None)
        );
    }

    public async Task DisposeAsync()
    {
        await _work.DisposeAsync();
        _data?.Dispose();
        _meter.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Sync_ThatHangs_IsNotWaitedFor_AndGivesUpItsPlace()
    {
        var never = new TaskCompletionSource();
        _primary.PackGate = never.Task;
        using var leaving = new CancellationTokenSource();
        Task<bool> mallory = BringAsync("mallory", leaving.Token);
        await UntilAsync(() => _primary.Packs == 1);
        _time.Turn(TimeSpan.FromSeconds(11));
        Assert.False(await BringAsync("bob", CancellationToken.None).WaitAsync(s_patience));
        Assert.Equal(1, _primary.Packs);

        _time.Turn(TimeSpan.FromSeconds(60));
        Assert.False(await mallory.WaitAsync(s_patience));
        Task<bool> carol = BringAsync("carol", leaving.Token);
        await UntilAsync(() => _primary.Packs == 2);
        await leaving.CancelAsync();
        Assert.False(await carol);
        never.SetResult();
    }

    private static Task UntilAsync(Func<bool> condition) => Eventually.TrueAsync("what the test waits for", condition);

    private Task<bool> BringAsync(string user, CancellationToken waiting)
    {
        var view = new AccessView([
            new RefListing(LsRefsRequest.All(ObjectFormat.Sha1), [new RefTip("refs/heads/main", CoreFixture.Id(1), null, null)]),
        ]);
        var asker = new SyncRequester(view, _primary.For(user), 2, static _ => { });
        return Sync.EnsureAsync(_mirror!, asker, [CoreFixture.Id(1)], withTags: false, waiting);
    }
}
