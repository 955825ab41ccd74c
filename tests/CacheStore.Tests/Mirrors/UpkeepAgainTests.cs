using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Mirrors.Upkeep;
using Waystation.FetchCore.Tests;
using Waystation.GitProtocol.Objects;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests.Mirrors;

/// <summary>Upkeep that was done is not done again: with ten thousand mirrors it would be hours of work at each start.</summary>
public sealed class UpkeepAgainTests : IAsyncLifetime
{
    private MirrorBench _bench = null!;

    private Mirror Kept => _bench.Mirrors.Find(MirrorBench.Widgets) ?? throw new InvalidOperationException("the mirror has gone");

    public async Task InitializeAsync()
    {
        _bench = await MirrorBench.OpenAsync();
        Mirror mirror = await _bench.MakeAsync();
        await _bench.CommitAsync();
        await _bench.SyncAsync(mirror);
        await _bench.Upkeep.RunAsync(mirror, default);
    }

    public Task DisposeAsync()
    {
        _bench.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>Changes of all files without a change of their content.</summary>
    [Theory]
    [InlineData("cp -a")] // another machine: other inodes, and times of change in any order
    [InlineData("cp -r")] // other times of modification as well
    [InlineData("chown -R")] // a container that sets the owner at each start: other times of change
    public async Task Upkeep_MakesNothingAnew_WhenOnlyTheStampsOfFilesHaveChanged(string how)
    {
        string data = _bench.Data.Root;
        _bench.Restart(() => Run(how, data));
        string[] files = FilesAndContents();
        DateTime[] written = WrittenAt();
        Assert.Null(Kept.TryRead());
        Assert.True(_bench.Upkeep.IsDue(Kept));

        await _bench.Upkeep.RunAsync(Kept, default);
        Assert.Equal(files, FilesAndContents());
        Assert.Equal(written, WrittenAt());
        Assert.False(_bench.Upkeep.IsDue(Kept));
        Kept.TryRead()!.Dispose();
        await _bench.AssertSoundAsync(Kept);
    }

    [Theory]
    [InlineData("git/objects/pack/*.pack", true)]
    [InlineData("git/objects/pack/*.idx", true)]
    [InlineData("git/objects/pack/multi-pack-index", false)]
    [InlineData("git/objects/info/commit-graph", false)]
    [InlineData("tip/pack/*.pack", false)]
    public async Task DamageInACopy_IsFound(string pattern, bool endsTheMirror)
    {
        string data = _bench.Data.Root;
        _bench.Restart(() =>
        {
            Run("cp -a", data);
            string mirror = Directory.GetDirectories(Path.Combine(data, "mirrors")).Single();
            MirrorBench.Flip(Directory.GetFiles(Path.Combine(mirror, Path.GetDirectoryName(pattern)!), Path.GetFileName(pattern)).First());
        });
        await _bench.Upkeep.RunAsync(Kept, default);
        if (endsTheMirror)
        {
            Assert.Null(_bench.Mirrors.Find(MirrorBench.Widgets));
            return;
        }

        Assert.False(_bench.Upkeep.IsDue(Kept));
        await _bench.AssertSoundAsync(Kept);
        await _bench.ExamineAsync(Kept, "multi-pack-index", "verify", "--no-progress");
        await _bench.ExamineAsync(Kept, "commit-graph", "verify", "--no-progress");
    }

    [Fact]
    public async Task Upkeep_IsNotDueForEver_WhereNoRefLeadsToACommit()
    {
        string file = Path.Combine(_bench.Source.Folder, "note");
        await File.WriteAllTextAsync(file, "a blob with a tag, as some keep keys in\n");
        string blob = await _bench.Source.ReadAsync("hash-object", "-w", file);
        await _bench.Source.RunAsync("update-ref", "refs/tags/key", blob);
        await _bench.Source.RunAsync("update-ref", "-d", "refs/heads/main");
        Mirror mirror = await _bench.MakeAsync(new RepositoryName("git.example", "team/keys.git"));
        await _bench.Upkeep.RunAsync(mirror, default);
        Assert.False(_bench.Upkeep.IsDue(mirror));
    }

    [Fact]
    public async Task PacksThatASlowReaderKeeps_AreNotRolledUpAgain_AndGoWhenItHasGone()
    {
        var time = new ManualTime();
        var upkeep = new MirrorUpkeep(
            _bench.Git,
            _bench.Data,
            _bench.Mirrors,
            new MirrorOptions(),
            time,
            NullLogger<MirrorUpkeep>.Instance
        );
        ObjectId tip = await BringAsync();
        int packs;
        using (Kept.TryRead())
        {
            Task running = upkeep.RunAsync(Kept, default);
            // The clock is turned while git works as well, and upkeep waits for readers only after that.
            await time.TurnUntilAsync("upkeep waits no longer for the reader", () => running.IsCompleted, TimeSpan.FromMinutes(20));
            await running;
            packs = MirrorBench.FilesOf(Kept, "*.pack").Length;
            Assert.InRange(packs, 2, 10);
            Assert.False(upkeep.IsDue(Kept));
        }

        await BringAsync();
        await upkeep.RunAsync(Kept, default);
        Assert.False(upkeep.IsDue(Kept));
        Assert.InRange(MirrorBench.FilesOf(Kept, "*.pack").Length, 1, packs - 1);
        await _bench.AssertSoundAsync(Kept);
        Assert.NotEqual(tip, Kept.Refs.Find("HEAD")?.Id);
    }

    [Fact]
    public async Task PackThatUpkeepHasNotSeen_IsDue_WhateverTheTimesOfTheFilesSay()
    {
        await BringAsync();
        string pack = MirrorBench.FilesOf(Kept, "*.pack").MaxBy(File.GetLastWriteTimeUtc)!;
        foreach (string index in MirrorBench.FilesOf(Kept, "multi-pack-index*"))
        {
            File.SetLastWriteTimeUtc(index, File.GetLastWriteTimeUtc(pack).AddHours(1));
        }

        Kept.Stamps.Trust(FileStamps.FilesOf(Kept.Objects).ToList());
        Assert.True(_bench.Upkeep.IsDue(Kept));
    }

    private async Task<ObjectId> BringAsync()
    {
        ObjectId tip = await _bench.CommitAsync();
        await _bench.SyncAsync(Kept);
        return tip;
    }

    private static void Run(string how, string data)
    {
        string script = how.StartsWith("cp", StringComparison.Ordinal)
            ? $"{how} '{data}' '{data}.copy' && rm -r '{data}' && mv '{data}.copy' '{data}' && chmod 700 '{data}'"
            : $"{how} \"$(id -u)\" '{data}'";
        new Command("sh", "-c", script).MustRunAsync().GetAwaiter().GetResult();
    }

    private IEnumerable<string> Files() =>
        Directory
            .GetFiles(Kept.Folder, "*", SearchOption.AllDirectories)
            .Where(static file => Path.GetFileName(file) is not ("stamps" or "tip-stamps"))
            .Order(StringComparer.Ordinal);

    private string[] FilesAndContents() =>
        [
            .. Files()
                .Select(static file =>
                    $"{file} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))}"
                ),
        ];

    private DateTime[] WrittenAt() => [.. Files().Select(File.GetLastWriteTimeUtc)];
}
