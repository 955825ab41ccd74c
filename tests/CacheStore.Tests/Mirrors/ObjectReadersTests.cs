using System.Globalization;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Mirrors.Reading;
using Waystation.GitProtocol.Objects;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests.Mirrors;

/// <summary>Look-ups go to a git that stays: never to one that does not know of new packs, and to none that holds what has gone.</summary>
public sealed class ObjectReadersTests : IAsyncLifetime
{
    private MirrorBench _bench = null!;

    public async Task InitializeAsync() => _bench = await MirrorBench.OpenAsync();

    public async Task DisposeAsync()
    {
        await _bench.Mirrors.DisposeAsync();
        _bench.Dispose();
    }

    [Theory]
    [InlineData("sha1")]
    [InlineData("sha256")]
    public async Task MissingObject_IsFoundByTheSameGit_OnceItsPackHasCome(string format)
    {
        using MirrorBench bench = await MirrorBench.OpenAsync(format: format);
        Mirror mirror = await bench.MakeAsync();
        ObjectId tip = await bench.CommitAsync();
        Assert.Empty(await bench.Objects.KindsAsync(mirror, [tip], default));
        int reader = Assert.Single(ReadersOf(bench));
        for (int round = 0; round < 3; round++)
        {
            await bench.SyncAsync(mirror);
            Assert.Equal(ObjectKind.Commit, (await bench.Objects.KindsAsync(mirror, [tip], default))[tip]);
            tip = await bench.CommitAsync();
            Assert.Empty(await bench.Objects.KindsAsync(mirror, [tip], default));
        }

        Assert.Equal(reader, Assert.Single(ReadersOf(bench)));
        await bench.Mirrors.DisposeAsync();
        Assert.Empty(ReadersOf(bench));
    }

    [Fact]
    public async Task ManyObjects_AreAskedInOneGo_AndFromManyAskersAtOnce()
    {
        Mirror mirror = await _bench.MakeAsync();
        ObjectId[] ids =
        [
            .. (await _bench.Source.ReadAsync("rev-list", "--objects", "--no-object-names", "--all")).Split('\n').Select(ObjectId.Parse),
        ];
        ObjectId[] others = [.. Enumerable.Range(0, 3_000).Select(static number => ObjectId.Parse($"{number:x40}"))];
        await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(async _ => Assert.Equal(ids.Length, (await _bench.Objects.KindsAsync(mirror, [.. others, .. ids], default)).Count))
        );
        Assert.Single(ReadersOf(_bench));
    }

    [Fact]
    public async Task GitThatDied_IsReplaced()
    {
        Mirror mirror = await _bench.MakeAsync();
        ObjectId tip = mirror.Refs.Tips[0].Id;
        for (int round = 0; round < 3; round++)
        {
            Assert.Single(await _bench.Objects.KindsAsync(mirror, [tip], default));
            using var reader = System.Diagnostics.Process.GetProcessById(Assert.Single(ReadersOf(_bench)));
            reader.Kill();
            await reader.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task AskerWhoLeaves_HarmsNobody()
    {
        Mirror mirror = await _bench.MakeAsync();
        ObjectId tip = mirror.Refs.Tips[0].Id;
        for (int round = 0; round < 20; round++)
        {
            using var leaving = new CancellationTokenSource();
            Task<IReadOnlyDictionary<ObjectId, ObjectKind>> left = _bench.Objects.KindsAsync(mirror, [tip], leaving.Token),
                stays = _bench.Objects.KindsAsync(mirror, [tip], default);
            await leaving.CancelAsync();
            Assert.Single(await stays);
            try
            {
                await left;
            }
            catch (OperationCanceledException)
            {
                // Or it was faster.
            }
        }
    }

    /// <summary>Upkeep replaces packs, and an object that was sorted out must not be found in a pack that has gone.</summary>
    [Fact]
    public async Task NoGit_HoldsAFileThatHasGone()
    {
        Mirror mirror = await _bench.MakeAsync();
        for (int round = 0; round < 3; round++)
        {
            await _bench.CommitAsync();
            await _bench.SyncAsync(mirror);
            Assert.NotEmpty(await _bench.Objects.KindsAsync(mirror, [.. mirror.Refs.Tips.Select(static tip => tip.Id)], default));
        }

        await _bench.Upkeep.RunAsync(mirror, default);
        await Eventually.TrueAsync("no git has a file open that has gone", () => !ReadersOf(_bench).Any(HoldsWhatHasGone));
        Assert.NotEmpty(await _bench.Objects.KindsAsync(mirror, [.. mirror.Refs.Tips.Select(static tip => tip.Id)], default));
        _bench.Mirrors.Remove(mirror.Name);
        await Eventually.TrueAsync("its git has ended", () => ReadersOf(_bench).Count == 0);
    }

    [Fact]
    public async Task LongestIdle_MakesRoom_AndAllEndWhenNobodyAsks()
    {
        Mirror[] mirrors = [await MakeAsync("a"), await MakeAsync("b"), await MakeAsync("c")];
        var clock = new HandClock();
        await using var readers = new ObjectReaders(_bench.Git, 2, clock);
        foreach (Mirror mirror in mirrors)
        {
            await AskAsync(readers, mirror);
            Assert.InRange(ReadersOf(_bench).Count, 1, 2);
        }

        Assert.Equal(2, readers.Count);
        clock.Elapse(ObjectReaders.MaxIdle / 2);
        await AskAsync(readers, mirrors[2]);
        clock.Elapse(ObjectReaders.MaxIdle / 2);
        Assert.Equal(1, readers.Count);
        clock.Elapse(ObjectReaders.MaxIdle);
        Assert.Equal(0, readers.Count);
        await Eventually.TrueAsync("all have ended", () => ReadersOf(_bench).Count == 0);
    }

    [Fact]
    public async Task Everybody_IsAnswered_WhenThereAreMoreMirrorsThanProcesses()
    {
        Mirror[] mirrors = [await MakeAsync("a"), await MakeAsync("b"), await MakeAsync("c"), await MakeAsync("d")];
        await using var readers = new ObjectReaders(_bench.Git, 2, TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, 80).Select(number => AskAsync(readers, mirrors[number % mirrors.Length])))
            .WaitAsync(TimeSpan.FromSeconds(60));
        Assert.InRange(readers.Count, 0, 2);
    }

    private async Task<Mirror> MakeAsync(string name)
    {
        Mirror mirror = await _bench.MakeAsync(new RepositoryName("git.example", name));
        mirror.EndReaders();
        await Eventually.TrueAsync("its making has left no git", () => ReadersOf(_bench).Count == 0);
        return mirror;
    }

    private static async Task AskAsync(ObjectReaders readers, Mirror mirror)
    {
        int found = 0;
        await readers.AskAsync(
            new ObjectSource(mirror.Repository, null, mirror.ObjectFormat),
            reader => reader.AskKindsAsync([mirror.Refs.Tips[0].Id], (_, _, _, _) => found++, default),
            default
        );
        Assert.Equal(1, found);
    }

    /// <summary>The processes of these mirrors that answer questions.</summary>
    private static List<int> ReadersOf(MirrorBench bench) =>
        [
            .. Directory
                .EnumerateDirectories("/proc")
                .Select(static folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int id) ? id : 0)
                .Where(id =>
                    id > 0
                    && Text(id, "cmdline").Contains("--batch-command", StringComparison.Ordinal)
                    && Text(id, "environ").Contains(bench.Data.Root, StringComparison.Ordinal)
                ),
        ];

    private static bool HoldsWhatHasGone(int process) => Text(process, "maps").Contains("(deleted)", StringComparison.Ordinal);

    private static string Text(int process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>A clock that stands until it is turned; a timer rings when its time is over.</summary>
    private sealed class HandClock : TimeProvider
    {
        private readonly List<Timer> _timers = [];
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(() => callback(state));
            _timers.Add(timer);
            return timer;
        }

        public void Elapse(TimeSpan time)
        {
            _now += time.Ticks;
            _timers.ForEach(static timer => timer.Ring());
        }

        private sealed class Timer(Action ring) : ITimer
        {
            private bool _isOver;

            public void Ring()
            {
                if (!_isOver)
                {
                    ring();
                }
            }

            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() => _isOver = true;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
