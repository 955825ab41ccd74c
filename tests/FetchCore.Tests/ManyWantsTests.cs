using System.Collections;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Authorization;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests;

/// <summary>For any number of objects in a request, the listings of its credential are searched as often as for one.</summary>
public sealed class ManyWantsTests : IAsyncLifetime, IDisposable
{
    private const int Many = 200;

    private readonly TempFolder _folder = new();
    private readonly Meter _meter = new("test");
    private readonly ManualTime _time = new();
    private readonly CountedTips _tips = new([
        .. Enumerable.Range(1, 50).Select(static i => new RefTip($"refs/heads/{i}", CoreFixture.Id(i), null, null)),
    ]);
    private DataFolder? _data;
    private ObjectQueries? _objects;
    private Mirror? _mirror;

    private AccessView View => new([new RefListing(LsRefsRequest.All(ObjectFormat.Sha1), _tips)]);

    private ReachabilityChecker Visibility => new(_objects!);

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
        _objects = new ObjectQueries(git, new LookupLimiter(new MirrorOptions(), _time), _time);
        _mirror = mirrors.Publish(
            await mirrors.PrepareAsync(CoreFixture.Repository, ObjectFormat.Sha1, isOfStrangers: false, CancellationToken.None)
        );
    }

    public Task DisposeAsync()
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _data?.Dispose();
        _meter.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Wants_AreLookedUpInOnePass()
    {
        ObjectId[] unknown = [.. Enumerable.Range(1_000, Many).Select(CoreFixture.Id)];
        Assert.False(await Visibility.ShowsAsync(_mirror!, View, VisibilityRule.Advertised, [unknown[0]], CancellationToken.None));
        int passes = _tips.Passes;
        Assert.False(await Visibility.ShowsAsync(_mirror!, View, VisibilityRule.Advertised, unknown, CancellationToken.None));
        Assert.Equal(2 * passes, _tips.Passes);
    }

    [Fact]
    public async Task Haves_AreLookedUpInOnePass()
    {
        ObjectId[] blobs = await WriteBlobsAsync(Many);
        FetchRequest request = CoreFixture.Clone(CoreFixture.Id(1));
        await Visibility.UsableAsync(
            _mirror!,
            View,
            VisibilityRule.Advertised,
            request with
            {
                Haves = [blobs[0]],
            },
            withOrphans: true,
            CancellationToken.None
        );
        int passes = _tips.Passes;
        IReadOnlySet<ObjectId>? usable = await Visibility.UsableAsync(
            _mirror!,
            View,
            VisibilityRule.Advertised,
            request with
            {
                Haves = blobs,
            },
            withOrphans: true,
            CancellationToken.None
        );
        Assert.Equal(2 * passes, _tips.Passes);
        Assert.Empty(usable!);
    }

    [Fact]
    public async Task Look_IsNotBegun_WhenNobodyWaitsForIt()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Visibility.ShowsAsync(_mirror!, View, VisibilityRule.Advertised, [CoreFixture.Id(1_000)], new CancellationToken(canceled: true))
        );
        Assert.Equal(0, _tips.Passes);
    }

    private async Task<ObjectId[]> WriteBlobsAsync(int count)
    {
        string files = _folder.CreateFolder("files");
        for (int i = 0; i < count; i++)
        {
            await File.WriteAllTextAsync(Path.Combine(files, $"{i}"), $"blob {i}");
        }

        string repository = Directory.GetDirectories(_data!.Mirrors).Single() + "/git";
        CommandResult result = await new Command(
            "sh",
            "-c",
            $"cd '{files}' && ls | GIT_DIR='{repository}' git hash-object -w --no-filters --stdin-paths"
        ).MustRunAsync();
        return [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ObjectId.Parse)];
    }

    /// <summary>Tips that count how often they are looked through.</summary>
    private sealed class CountedTips(IReadOnlyList<RefTip> tips) : IReadOnlyList<RefTip>
    {
        public int Passes { get; private set; }

        public int Count => tips.Count;

        public RefTip this[int index] => tips[index];

        public IEnumerator<RefTip> GetEnumerator()
        {
            Passes++;
            return tips.GetEnumerator();
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
