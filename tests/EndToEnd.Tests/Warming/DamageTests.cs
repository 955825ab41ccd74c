using System.Globalization;
using Waystation.TestKit.Servers;
using Xunit.Abstractions;

namespace Waystation.EndToEnd.Tests.Warming;

/// <summary>Whatever happens to a file of the data folder, clones are whole and equal to the primary's, and the node mends
/// itself.</summary>
public sealed class DamageTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly History s_widgets = new(Seed: 51) { Commits = 40 };

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly Station _station = new();
    private readonly TempFolder _folder = new();
    private PrimaryRepository? _repository;
    private int _clones;

    private PrimaryRepository Repository => _repository!;

    private string Mirrors => Path.Combine(_station.Node.DataFolder, "mirrors");

    public async Task InitializeAsync()
    {
        await _station.StartAsync(await VettedNode.SettingsAsync(_folder));
        _repository = await _station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git", s_widgets);
        await CloneAsync();
        await CloneAsync("--depth=1");
        await WaitForWholeMirrorAsync();
    }

    public async Task DisposeAsync()
    {
        await _station.DisposeAsync();
        _folder.Dispose();
    }

    public static TheoryData<string, bool> Kinds
    {
        get
        {
            var kinds = new TheoryData<string, bool>();
            foreach (string kind in (string[])["flipped", "truncated", "deleted", "emptied"])
            {
                kinds.Add(kind, false);
                kinds.Add(kind, true);
            }

            return kinds;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Clone_IsWhole_WhateverFileIsDamaged(string kind, bool whileStopped)
    {
        int seed = Environment.GetEnvironmentVariable("WAYSTATION_DAMAGE_SEED") is { Length: > 0 } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        output.WriteLine($"WAYSTATION_DAMAGE_SEED={seed}");
        var random = new Random(seed);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (Files().FirstOrDefault(file => seen.Add(KindOf(file))) is { } file)
        {
            if (whileStopped)
            {
                Assert.Equal(0, await _station.Node.StopAsync());
            }

            Damage(file, kind, random);
            if (whileStopped)
            {
                await _station.Node.StartAgainAsync();
            }

            try
            {
                await CloneAsync();
                await CloneAsync("--depth=1");
                await Repository.CommitAsync();
                await CloneAsync("--single-branch");
                await Eventually.TrueAsync("there is a mirror again", () => Directory.GetDirectories(Mirrors).Length == 1);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}: {kind} {file}\n{_station.Node.Log}", e);
            }
        }

        Assert.InRange(seen.Count, 8, 40);
        try
        {
            await AssertServedHereAsync();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seed {seed}: {e.Message}\n{_station.Node.Log}", e);
        }
    }

    [Theory]
    [InlineData("git/packed-refs.lock")]
    [InlineData("git/objects/info/commit-graph.lock")]
    [InlineData("git/objects/pack/multi-pack-index.lock")]
    [InlineData("git/config.lock")]
    [InlineData("git/shallow.lock")]
    public async Task StaleLock_StopsNothing(string name)
    {
        string file = Path.Combine(Directory.GetDirectories(Mirrors)[0], name);
        Assert.Equal(0, await _station.Node.StopAsync());
        await File.WriteAllTextAsync(file, "");
        await _station.Node.StartAgainAsync();
        await Repository.CommitAsync();
        await CloneAsync();
        await AssertServedHereAsync();
        Assert.False(File.Exists(file)); // swept before the first use of the mirror
        await File.WriteAllTextAsync(file, "");
        await Repository.CommitAsync();
        await CloneAsync();
        await AssertServedHereAsync();
    }

    /// <summary>A name that stands for all files of its kind.</summary>
    private static string KindOf(string file)
    {
        string name = Path.GetFileName(file);
        string kind =
            name.StartsWith("multi-pack-index-", StringComparison.Ordinal)
            || Path.GetExtension(name) is ".pack" or ".idx" or ".rev" or ".record" or ".increment"
                ? "*" + Path.GetExtension(name)
                : name;
        return (
                file.Contains("/mirrors/", StringComparison.Ordinal) ? "mirror/"
                : file.Contains("/packs/", StringComparison.Ordinal) ? "pack/"
                : ""
            ) + kind;
    }

    private static void Damage(string file, string kind, Random random)
    {
        if (!File.Exists(file))
        {
            return;
        }

        switch (kind)
        {
            case "deleted":
                File.Delete(file);
                return;
            case "emptied":
                Write(file, []);
                return;
        }

        byte[] bytes = File.ReadAllBytes(file);
        if (bytes.Length == 0)
        {
            return;
        }

        if (kind == "truncated")
        {
            bytes = bytes[..random.Next(bytes.Length)];
        }
        else
        {
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        }

        Write(file, bytes);
    }

    /// <summary>In place, as a disk does it: git's own files are read-only.</summary>
    private static void Write(string file, byte[] bytes)
    {
        File.SetUnixFileMode(file, File.GetUnixFileMode(file) | UnixFileMode.UserWrite);
        using FileStream stream = new(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        stream.Write(bytes);
        stream.SetLength(bytes.Length);
    }

    /// <summary>All files but the lock, which has no data, and files that are about to be deleted.</summary>
    private IEnumerable<string> Files() =>
        Directory
            .EnumerateFiles(_station.Node.DataFolder, "*", SearchOption.AllDirectories)
            .Where(file =>
                Path.GetFileName(file) is not ("lock" or "layout")
                && !Path.GetRelativePath(_station.Node.DataFolder, file)
                    .Split('/')
                    .Any(static part => part is "tmp" or "quarantine" or "orphans")
            )
            .Order(StringComparer.Ordinal);

    private async Task CloneAsync(params string[] options)
    {
        string through = $"through-{++_clones}",
            direct = $"direct-{_clones}";
        GitClient client = new(_folder);
        await client.RunAsync(["clone", "--quiet", "--bare", .. options, _station.Node.UrlOf(Repository).AbsoluteUri, through]);
        await client.RunAsync(["clone", "--quiet", "--bare", .. options, _station.Primary.UrlOf(Repository).AbsoluteUri, direct]);
        Assert.Equal(await CloneState.OfAsync(client.In(direct)), await CloneState.OfAsync(client.In(through)));
        Directory.Delete(_folder[through], recursive: true);
        Directory.Delete(_folder[direct], recursive: true);
    }

    /// <summary>Upkeep rests ten times as long as its last one took: on a busy machine a while passes until all is mended.</summary>
    private async Task AssertServedHereAsync()
    {
        await WaitForWholeMirrorAsync();
        int depth = 2;
        await Eventually.TrueAsync(
            "clones are made here again",
            async () =>
            {
                int packs = Repository.PacksMade;
                // No answer is asked for twice, so none comes from the pack cache.
                await new GitClient(_folder).RunAsync(
                    "clone",
                    "--quiet",
                    "--bare",
                    $"--depth={++depth}",
                    _station.Node.UrlOf(Repository).AbsoluteUri,
                    $"last-{++_clones}"
                );
                return packs == Repository.PacksMade;
            },
            s_patience
        );
        await CloneAsync();
    }

    /// <summary>Made, indexed, and nothing more to do.</summary>
    private Task WaitForWholeMirrorAsync() =>
        Eventually.TrueAsync(
            "the mirror is whole again",
            () =>
                Directory.Exists(Mirrors)
                && Directory.GetDirectories(Mirrors) is [string mirror]
                && File.Exists(Path.Combine(mirror, "git/objects/pack/multi-pack-index"))
                && File.Exists(Path.Combine(mirror, "git/objects/info/commit-graph")),
            s_patience
        );
}
