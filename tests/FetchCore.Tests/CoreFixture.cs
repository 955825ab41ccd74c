using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Ahead;
using Waystation.FetchCore.Local;
using Waystation.FetchCore.Work;
using Waystation.GitProtocol.Fetching;
using Waystation.GitProtocol.Objects;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests;

/// <summary>The core on a real disk, in front of a <see cref="FakePrimary"/>, under a clock that tests turn.</summary>
internal sealed class CoreFixture : IAsyncDisposable
{
    public static readonly RepositoryName Repository = new("git.example.com", "team/tool.git");

    private readonly TempFolder _folder = new();
    private readonly DataFolder _data;
    private readonly Meter _meter = new("test");
    private readonly CredentialDigester _digester = new();
    private readonly BackgroundWork _work;
    private readonly WorkQueue _queue;

    public CoreFixture(TimeSpan? ticketLifetime = null)
    {
        Primary = new FakePrimary(Time);
        _data = new DataFolder(_folder["data"], Time);
        Tickets = new AccessTickets(Time, ticketLifetime ?? TimeSpan.FromSeconds(30));
        Store = new DiskPackTier(
            _data,
            new PackCacheOptions { DiskReserve = 0 },
            new StoreMeters(_meter),
            Time,
            NullLogger<DiskPackTier>.Instance
        );
        var admission = new Admission(Time);
        Fills = new FillTable(Store, admission, Time, NullLogger<FillTable>.Instance);
        // Its packs are no packs of git's: there is nothing to make mirrors of.
        var options = new MirrorOptions { MaxSize = 0, DiskReserve = 0 };
        var git = new GitProgram(_data, NullLogger<GitProgram>.Instance);
        var mirrors = new MirrorSet(_data, options, git, new StoreMeters(_meter), NullLogger<MirrorSet>.Instance);
        var objects = new MirrorObjects(git, new LookupTurns(options, Time), Time);
        var refs = new MirrorRefsUpdate(objects, Time, NullLogger<MirrorRefsUpdate>.Instance);
        _work = new BackgroundWork(NullLogger<BackgroundWork>.Instance);
        var sync = new MirrorSync(_work, mirrors, objects, refs, git, _data, Time, NullLogger<MirrorSync>.Instance);
        var making = new MirrorMaking(_work, mirrors, refs, git, _data, new FirstMisses(Time), Time);
        var upkeep = new UpkeepWork(mirrors, new MirrorUpkeep(git, _data, mirrors, options, Time, NullLogger<MirrorUpkeep>.Instance), Time);
        _queue = new WorkQueue([upkeep], new WorkBounds(), _data, new WorkMeters(_meter), Time, NullLogger<WorkQueue>.Instance);
        var wait = new SyncWait(TimeSpan.FromSeconds(10));
        var sight = new MirrorSight(mirrors, objects, new Visibility(objects), sync, wait, Time);
        var local = new LocalRung(
            mirrors,
            objects,
            making,
            sync,
            sight,
            new UploadPack(git, _data),
            new PackTurns(options),
            _queue,
            upkeep,
            wait,
            Time
        );
        var access = new AccessDesk(Tickets, new SharedRefs(Time), sight, CancellationToken.None);
        Service = new FetchService(access, Store, Fills, admission, local, making, new CloneShapes(Time), Memory, Time);
    }

    public ManualTime Time { get; } = new();

    public RequestMemory Memory { get; } = new(256L << 20);

    public FakePrimary Primary { get; }

    public AccessTickets Tickets { get; }

    public DiskPackTier Store { get; }

    public FillTable Fills { get; }

    public FetchService Service { get; }

    public static ObjectId Id(int number) => ObjectId.Parse(number.ToString("x40"));

    public Credential CredentialOf(string user) => _digester.Digest([new("header authorization", user)]);

    public static FetchRequest Clone(params ObjectId[] wants) =>
        new()
        {
            ObjectFormat = ObjectFormat.Sha1,
            ProtocolVersion = 2,
            Wants = wants,
            Haves = [],
            Shallows = [],
            Done = true,
            OfsDelta = true,
        };

    public Task<FetchAnswer> FetchAsync(string user, FetchRequest request, VisibilityRule rule = VisibilityRule.Advertised) =>
        Service.FetchAsync(new FetchCall(Repository, CredentialOf(user), request, rule, Primary.For(user)), CancellationToken.None);

    /// <summary>Reads an answer as a front end would: all of the pack.</summary>
    public static async Task<byte[]> ReadAsync(FetchAnswer answer)
    {
        FetchAnswer.Pack pack = Assert.IsType<FetchAnswer.Pack>(answer);
        await using PackReader reader = pack.Reader;
        using var all = new MemoryStream();
        while (await reader.NextAsync(CancellationToken.None) is { Kind: not PackStepKind.End } step)
        {
            if (step.Kind == PackStepKind.Bytes)
            {
                byte[] piece = new byte[step.Length];
                await reader.ReadAsync(piece, CancellationToken.None);
                reader.Verify();
                all.Write(piece);
            }
        }

        return all.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        await Fills.DisposeAsync();
        await _work.DisposeAsync();
        _queue.Dispose();
        _meter.Dispose();
        _data.Dispose();
        _folder.Dispose();
    }
}
