using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Lfs;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Mirrors.Packing;
using Waystation.CacheStore.Mirrors.Upkeep;
using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Packs.Storing;
using Waystation.CacheStore.Pushes;
using Waystation.CacheStore.Scrubbing;
using Waystation.FetchCore.Access.Standing;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Authorization;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Flights;
using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Peers;
using Waystation.FetchCore.Prewarming;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Pushes;
using Waystation.FetchCore.Refs;
using Waystation.FetchCore.Vet;

namespace Waystation.FetchCore.Tests;

/// <summary>The core, put together as the node does it: a real disk, the real git program, a clock that tests turn.</summary>
internal sealed class CoreParts : IAsyncDisposable
{
    private readonly Meter _meter = new("test");
    private readonly DataFolder _data;
    private readonly PackObjectsLimiter _turns;
    private readonly CancellationTokenSource _stopping = new();

    public CoreParts(
        string folder,
        ManualTime time,
        MirrorOptions options,
        IServicePrimaries services,
        TimeSpan? ticketLifetime = null,
        IPeers? others = null,
        StrangerOptions? strangers = null
    )
    {
        strangers ??= new StrangerOptions();
        IPeers peers = others ?? new NoPeers();
        var holders = new HolderTransfer(peers);
        _data = new DataFolder(folder, time);
        Tickets = new AccessTickets(time, ticketLifetime ?? TimeSpan.FromSeconds(30));
        var meters = new StoreMeters(_meter);
        var workMeters = new WorkMeters(_meter);
        var fetchMeters = new FetchMeters(_meter);
        Observer = new FetchObserver(
            fetchMeters,
            Recent,
            new RepositoryTallies(time),
            new LiveFetches(),
            time,
            NullLogger<FetchObserver>.Instance
        );
        var budget = new SpaceBudget(_data, new DiskOptions(), strangers, time);
        Store = new DiskPackTier(_data, budget, new PackCacheOptions(), meters, time, NullLogger<DiskPackTier>.Instance);
        var admission = new PackAdmission(time);
        Fills = new FillTable(Store, admission, time, NullLogger<FillTable>.Instance);
        var git = new GitProgram(_data, NullLogger<GitProgram>.Instance);
        Mirrors = new MirrorSet(_data, budget, options, git, meters, NullLogger<MirrorSet>.Instance);
        Objects = new ObjectQueries(git, new LookupLimiter(options, time), time);
        Pointers = new PointerSearch(git, new LookupLimiter(options, time));
        WorkMeters = workMeters;
        Refs = new MirrorRefsUpdate(Objects, time, NullLogger<MirrorRefsUpdate>.Instance);
        Work = new BackgroundWork(NullLogger<BackgroundWork>.Instance);
        var history = new PrimaryHistory();
        Sync = new MirrorSync(
            Work,
            Objects,
            Refs,
            new MirrorTransfer(git, _data, Mirrors, history, holders, time, NullLogger<MirrorTransfer>.Instance),
            time
        );
        Making = new MirrorBootstrap(Work, Mirrors, Refs, git, _data, new MirrorAdmission(strangers, time), history, holders, meters, time);
        Upkeep = new UpkeepWork(Mirrors, new MirrorUpkeep(git, _data, Mirrors, options, time, NullLogger<MirrorUpkeep>.Instance), time);
        Report = new VetReport(time, workMeters);
        Vet = new VetWork(Mirrors, services, peers, Sync, Refs, history, Report);
        Warm = new WarmWork(Mirrors, services, Making);
        Queue = new WorkQueue([Upkeep, Vet, Warm], new WorkOptions(), _data, workMeters, time, NullLogger<WorkQueue>.Instance);
        Lfs = new LfsStore(_data, budget, new LfsOptions(), meters, time, NullLogger<LfsStore>.Instance);
        Scrubber = new Scrubber(Store, Mirrors, Lfs, _data, new VetOptions().ScrubWithin, time);
        Sight = new WantsAndHavesFilter(Mirrors, Objects, new ReachabilityChecker(Objects), Sync, peers, options, time);
        _turns = new PackObjectsLimiter(options);
        var local = new LocalRung(
            Mirrors,
            Objects,
            Making,
            Sync,
            Sight,
            new UploadPack(git, _data),
            new Increments(Store, Objects, new IncrementPacks(git, _data, time), time),
            _turns,
            peers,
            options,
            time
        );
        var shapes = new ClonePatterns(time);
        Ahead = new PackPrewarmer(Work, Mirrors, Sync, shapes, Store, Fills, local, workMeters, NullLogger<PackPrewarmer>.Instance);
        Moved = new SyncOnRefChange(Mirrors, Sync, peers);
        RefsService = new RefsService(
            new RefsCoalescer(time, fetchMeters),
            new OutageRefs(Tickets, fetchMeters, NullLogger<OutageRefs>.Instance),
            Tickets,
            Moved,
            time,
            _stopping.Token
        );
        var access = new FetchAuthorizer(Tickets, RefsService, Sight, history);
        Pushes = new PushIngest(
            new PushCopies(_data, options, time),
            Mirrors,
            Sync,
            Making,
            access,
            peers,
            new OwnMirrors(),
            Tickets,
            workMeters,
            time,
            NullLogger<PushIngest>.Instance
        );
        Purge = new RepositoryPurge(Work, Queue, Mirrors, Fills, Store, Lfs);
        _ = new LostHistory(history, Tickets, Mirrors, Store, Purge, time, NullLogger<LostHistory>.Instance);
        Standings = new ClientStandings(Tickets, strangers, time);
        Service = new FetchService(access, Store, Fills, admission, local, Making, shapes, peers, Standings, Memory, time);
    }

    public PackObjectsLimiter Limiter => _turns;

    public ClientStandings Standings { get; }

    public RecentFetches Recent { get; } = new();

    public FetchObserver Observer { get; }

    public RefsService RefsService { get; }

    public RepositoryPurge Purge { get; }

    public RequestMemory Memory { get; } = new(256L << 20);

    public AccessTickets Tickets { get; }

    public DiskPackTier Store { get; }

    public FillTable Fills { get; }

    public LfsStore Lfs { get; }

    public MirrorSet Mirrors { get; }

    public ObjectQueries Objects { get; }

    public PointerSearch Pointers { get; }

    public WorkMeters WorkMeters { get; }

    public MirrorRefsUpdate Refs { get; }

    public BackgroundWork Work { get; }

    public MirrorSync Sync { get; }

    public MirrorBootstrap Making { get; }

    public UpkeepWork Upkeep { get; }

    public VetReport Report { get; }

    public VetWork Vet { get; }

    public WarmWork Warm { get; }

    public WorkQueue Queue { get; }

    public Scrubber Scrubber { get; }

    public WantsAndHavesFilter Sight { get; }

    public PackPrewarmer Ahead { get; }

    public SyncOnRefChange Moved { get; }

    public PushIngest Pushes { get; }

    public FetchService Service { get; }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Fills.DisposeAsync();
        await Lfs.DisposeAsync();
        await Work.DisposeAsync();
        await Mirrors.DisposeAsync();
        Queue.Dispose();
        _stopping.Dispose();
        _meter.Dispose();
        _data.Dispose();
    }
}
