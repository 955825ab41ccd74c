using System.Buffers;
using System.Globalization;
using System.Text;
using Waystation.CacheStore.Mirrors;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests.Mirrors;

/// <summary>A pack that came into a mirror answers a fetch as it is, where it is proven to be just what the client lacks.</summary>
public sealed class ReceivedPackTests
{
    private const string Main = "refs/heads/main";

    /// <summary>What a client with the edge gets is whole for it, and has nothing that the wants do not lead to.</summary>
    [Theory]
    [InlineData(1, "sha1")]
    [InlineData(2, "sha1")]
    [InlineData(3, "sha1")]
    [InlineData(4, "sha256")]
    public async Task RandomHistories_AreAnsweredExactly(int seed, string format)
    {
        using MirrorBench bench = await MirrorBench.OpenAsync(format: format);
        Mirror mirror = await bench.MakeAsync();
        var story = new RandomStory(bench, seed);
        int answered = 0;
        for (int step = 0; step < 25; step++)
        {
            ObjectId[] before = [.. mirror.Refs.Tips.Select(static tip => tip.Id).Distinct()];
            ObjectId tip = await story.GoOnAsync();
            if (before.Contains(tip))
            {
                continue;
            }

            await TakeAsync(bench, mirror, [tip], before);
            await bench.SyncAsync(mirror);
            foreach (ObjectId[] haves in await story.HavesAsync(tip))
            {
                FetchRequest request = RequestOf([tip], haves);
                if (mirror.Received.Find(request, mirror.Refs) is { } answer)
                {
                    answered++;
                    byte[]? pack = await ReadAsync(answer);
                    Assert.NotNull(pack);
                    await AssertAnswersAsync(bench, pack, tip, haves);
                }
            }
        }

        Assert.True(answered > 5, $"seed {seed}: only {answered} requests were answered");
    }

    [Fact]
    public async Task Answer_IsThePackAsItCame()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        Mirror mirror = await bench.MakeAsync();
        ObjectId old = await bench.ResolveAsync(Main),
            tip = await bench.CommitAsync();
        byte[] pack = await TakeAsync(bench, mirror, [tip], [old]);
        Assert.Equal(pack, await AnswerAsync(mirror, RequestOf([tip], [old])));

        // The client has more than it must have.
        ObjectId older = await bench.ResolveAsync(Main + "~3");
        Assert.Equal(pack, await AnswerAsync(mirror, RequestOf([tip], [older, old])));
        Assert.Equal(pack, await AnswerAsync(mirror, RequestOf([tip], [old]) with { Pack = PackWhen.AtOnce }));
    }

    [Fact]
    public async Task PacksOfSeveralSyncs_AreOneAnswer()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        Mirror mirror = await bench.MakeAsync();
        ObjectId old = await bench.ResolveAsync(Main),
            last = old;
        for (int sync = 0; sync < 3; sync++)
        {
            ObjectId tip = await bench.CommitAsync();
            await TakeAsync(bench, mirror, [tip], [last]);
            last = tip;
        }

        byte[]? pack = await AnswerAsync(mirror, RequestOf([last], [old]));
        Assert.NotNull(pack);
        await AssertAnswersAsync(bench, pack, last, [old]);
    }

    public static TheoryData<string> OtherRequests =>
        [
            "another want",
            "one more want",
            "no have",
            "another have",
            "depth",
            "since",
            "filter",
            "shallow",
            "no offsets",
            "not thin",
            "a round",
        ];

    [Theory]
    [MemberData(nameof(OtherRequests))]
    public async Task OtherRequests_AreNotAnswered(string how)
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        await bench.CommitAsync("main", Text("long", 0), "long");
        Mirror mirror = await bench.MakeAsync();
        ObjectId old = await bench.ResolveAsync(Main),
            older = await bench.ResolveAsync(Main + "~1"),
            tip = await bench.CommitAsync("main", Text("long", 1), "long");
        await TakeAsync(bench, mirror, [tip], [old]);
        FetchRequest right = RequestOf([tip], [old]);
        Assert.NotNull(await AnswerAsync(mirror, right));
        Assert.Null(
            await AnswerAsync(
                mirror,
                how switch
                {
                    "another want" => right with { Wants = [old] },
                    "one more want" => right with { Wants = [tip, older] },
                    "no have" => right with { Haves = [] },
                    "another have" => right with { Haves = [older] },
                    "depth" => right with { Depth = 1 },
                    "since" => right with { DeepenSince = 1 },
                    "filter" => right with { Filter = FilterSpec.TryParse("blob:none", out FilterSpec? filter) ? filter : null },
                    "shallow" => right with { Shallows = [older] },
                    "no offsets" => right with { OfsDelta = false },
                    "not thin" => right with { ThinPack = false },
                    "a round" => right with { Pack = PackWhen.Never },
                    _ => throw new ArgumentOutOfRangeException(nameof(how)),
                }
            )
        );
    }

    /// <summary>The primary leaves out a file that another branch has. The client need not have that branch.</summary>
    [Fact]
    public async Task FileThatAnotherBranchHas_IsNotTakenForGranted()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        await bench.CommitAsync("side", Text("picked", 0), "picked");
        Mirror mirror = await bench.MakeAsync();
        ObjectId old = await bench.ResolveAsync(Main),
            side = await bench.ResolveAsync("refs/heads/side"),
            tip = await bench.CommitAsync("main", Text("picked", 0), "picked");
        await TakeAsync(bench, mirror, [tip], [old, side]);
        Assert.Null(await AnswerAsync(mirror, RequestOf([tip], [old])));
    }

    /// <summary>The same with an object of which the primary sends a delta.</summary>
    [Fact]
    public async Task DeltaBaseOfAnotherBranch_IsNotTakenForGranted()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        await bench.CommitAsync("side", Text("long", 0), "long");
        Mirror mirror = await bench.MakeAsync();
        ObjectId old = await bench.ResolveAsync(Main),
            side = await bench.ResolveAsync("refs/heads/side"),
            tip = await bench.CommitAsync("main", Text("long", 1), "long");

        // As of a primary whose packs have the delta already.
        byte[] thin = await bench.PackAsync([tip, side], [], "--window=50");
        await bench.TakeAsync(mirror, thin, [tip], isWhole: false);
        Assert.Null(await AnswerAsync(mirror, RequestOf([tip], [old])));
    }

    /// <summary>Two such packs in one would have an object twice.</summary>
    [Fact]
    public async Task PackWithAnObjectThatTheMirrorHad_IsNotSentOn()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        await bench.CommitAsync("main", Text("old", 0), "old");
        Mirror mirror = await bench.MakeAsync();
        ObjectId old = await bench.ResolveAsync(Main),
            tip = await bench.CommitAsync("main", Text("new", 0), "new");
        string[] ids = await LinesAsync(bench.Source, "rev-list", "--objects", "--no-object-names", $"{tip}", $"^{old}");
        ObjectId had = await bench.ResolveAsync(Main + ":old");
        using var folder = new TempFolder();
        await File.WriteAllLinesAsync(folder["ids"], [.. ids, $"{had}"]);
        await new Command("sh", "-c", $"git pack-objects --quiet --stdout <'{folder["ids"]}' >'{folder["pack"]}'")
        {
            WorkingDirectory = bench.Source.Folder,
        }.MustRunAsync();
        Brought brought = await bench.TakeAsync(mirror, await File.ReadAllBytesAsync(folder["pack"]), [tip], isWhole: false);
        Assert.Equal(StrayObjects.None, brought.Strays);
        Assert.Null(await AnswerAsync(mirror, RequestOf([tip], [old])));
    }

    [Fact]
    public async Task HistoryWithoutAParent_IsNotAnswered()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        Mirror mirror = await bench.MakeAsync();
        ObjectId old = await bench.ResolveAsync(Main),
            tip = await bench.CommitAsync("unrelated");
        await TakeAsync(bench, mirror, [tip], [old]);
        Assert.Null(await AnswerAsync(mirror, RequestOf([tip], [old])));
    }

    /// <summary>A client that asks for tags gets those of the new commits, which the pack of the sync may lack.</summary>
    [Fact]
    public async Task NewTagThatThePackLacks_IsNotLeftOut()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        Mirror mirror = await bench.MakeAsync();
        ObjectId old = await bench.ResolveAsync(Main),
            tip = await bench.CommitAsync();
        await TakeAsync(bench, mirror, [tip], [old]);
        await bench.Source.RunAsync(
            "-c",
            "user.name=S",
            "-c",
            "user.email=s@example.com",
            "tag",
            "--annotate",
            "--message=1",
            "v1",
            $"{tip}"
        );
        await bench.SyncAsync(mirror);
        FetchRequest request = RequestOf([tip], [old]);
        Assert.Null(await AnswerAsync(mirror, request with { IncludeTag = true }));
        Assert.NotNull(await AnswerAsync(mirror, request));
    }

    [Theory]
    [InlineData("damaged")]
    [InlineData("gone")]
    [InlineData("released")]
    public async Task FileThatIsNotAsItCame_IsNotSent(string how)
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        Mirror mirror = await bench.MakeAsync();
        string[] packs = MirrorBench.FilesOf(mirror, "*.pack");
        ObjectId old = await bench.ResolveAsync(Main),
            tip = await bench.CommitAsync();
        await TakeAsync(bench, mirror, [tip], [old]);
        string pack = MirrorBench.FilesOf(mirror, "*.pack").Except(packs).Single();
        switch (how)
        {
            case "damaged":
                MirrorBench.Flip(pack);
                break;
            case "gone":
                File.Delete(pack);
                break;
            default:
                bench.Mirrors.Release(TimeSpan.Zero);
                break;
        }

        Assert.Null(await AnswerAsync(mirror, RequestOf([tip], [old])));
    }

    /// <summary>The sections before a pack, however they are cut.</summary>
    [Fact]
    public void Ends_AreTheSame_HoweverThePackIsCut()
    {
        const int Seed = 77;
        var random = new Random(Seed);
        byte[] pack = new byte[200];
        random.NextBytes(pack);
        for (int most = 1; most < 60; most++)
        {
            var ends = new PackEnds(ObjectFormat.Sha1);
            for (int at = 0; at < pack.Length; )
            {
                int length = Math.Min(random.Next(most + 1), pack.Length - at);
                ends.Append(pack.AsSpan(at, length));
                at += length;
            }

            Assert.Equal(pack[..12], ends.Header.ToArray());
            Assert.Equal(pack[^20..], ends.Trailer.ToArray());
        }
    }

    private static FetchRequest RequestOf(IReadOnlyList<ObjectId> wants, IReadOnlyList<ObjectId> haves) =>
        new()
        {
            ObjectFormat = wants[0].Format,
            Wants = wants,
            Haves = haves,
            ThinPack = true,
            OfsDelta = true,
        };

    private static async Task<byte[]?> AnswerAsync(Mirror mirror, FetchRequest request) =>
        mirror.Received.Find(request, mirror.Refs) is { } answer ? await ReadAsync(answer) : null;

    private static async Task<byte[]?> ReadAsync(ReceivedAnswer answer)
    {
        if (!await answer.IsSoundAsync(default))
        {
            return null;
        }

        using var pack = new MemoryStream();
        await answer.WriteAsync(
            (bytes, _) =>
            {
                pack.Write(bytes.ToArray());
                return ValueTask.CompletedTask;
            },
            default
        );
        return pack.ToArray();
    }

    private static async Task<byte[]> TakeAsync(MirrorBench bench, Mirror mirror, ObjectId[] wants, ObjectId[] haves)
    {
        byte[] pack = await bench.PackAsync(wants, haves);
        await bench.TakeAsync(mirror, pack, wants, isWhole: false);
        return pack;
    }

    /// <summary>A client that has just what these haves lead to is whole with the pack, and gets nothing beside its want.</summary>
    private static async Task AssertAnswersAsync(MirrorBench bench, byte[] pack, ObjectId want, ObjectId[] haves)
    {
        using var folder = new TempFolder();
        GitClient client = new GitClient(folder).In("client");
        await new GitClient(folder).RunAsync("init", "--quiet", "--bare", "--object-format=" + FormatOf(want), "client");
        await IndexAsync(client, await bench.PackAsync(haves, []));
        string before = await client.ReadAsync("count-objects", "-v");
        await IndexAsync(client, pack);
        Assert.NotEqual(before, await client.ReadAsync("count-objects", "-v"));
        await client.RunAsync("fsck", "--full", "--strict", "--no-dangling", "--no-progress");
        HashSet<string> whole = [.. await ObjectsAsync(client, [want])];
        Assert.Equal(whole, [.. await ObjectsAsync(bench.Source, [want])]);
        string[] all = await LinesAsync(client, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)");
        Assert.Empty(all.Except(whole).Except(await ObjectsAsync(bench.Source, haves)));
    }

    private static Task IndexAsync(GitClient client, byte[] pack) =>
        (
            client.Git("index-pack", "--stdin", "--fix-thin", "--strict") with
            {
                Input = stream => stream.WriteAsync(pack).AsTask(),
            }
        ).MustRunAsync();

    private static Task<string[]> ObjectsAsync(GitClient git, IEnumerable<ObjectId> ids) =>
        LinesAsync(git, ["rev-list", "--objects", "--no-object-names", .. ids.Select(static id => $"{id}")]);

    private static async Task<string[]> LinesAsync(GitClient git, params string[] arguments) =>
        (await git.ReadAsync(arguments)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string FormatOf(ObjectId id) => id.Format == ObjectFormat.Sha1 ? "sha1" : "sha256";

    /// <summary>A long text, the same for the same name but for one line.</summary>
    private static string Text(string name, int line)
    {
        var text = new StringBuilder();
        for (int at = 0; at < 60; at++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"{name} line {at} {(name.Length * 7919 * (at + 1)) ^ 0x55} {(at == 30 ? line : 0)}\n"
            );
        }

        return text.ToString();
    }

    /// <summary>
    /// Commits with files that come, change, move, go and come back, on branches that are begun, merged and picked from.
    /// </summary>
    private sealed class RandomStory(MirrorBench bench, int seed)
    {
        private static readonly string[] s_files = ["a", "b", "one/a", "one/b", "one/two/a", "one/two/b", "three/a", "three/four/five/a"];

        private readonly Random _random = new(seed);
        private readonly List<string> _branches = [Main];
        private readonly List<ObjectId> _commits = [];
        private int _number;

        /// <summary>A branch moves by a commit or some; its tip.</summary>
        public async Task<ObjectId> GoOnAsync()
        {
            string branch = _branches[_random.Next(_branches.Count)];
            string begin = branch;
            if (_branches.Count < 4 && _random.Next(5) == 0)
            {
                branch = $"refs/heads/b{_branches.Count}";
                _branches.Add(branch);
            }

            for (int left = 1 + _random.Next(3); left > 0; left--)
            {
                string merged = _branches[_random.Next(_branches.Count)];
                await CommitAsync(branch, begin, merged != branch && merged != begin && _random.Next(4) == 0 ? merged : null);
                begin = branch;
                _commits.Add(await bench.ResolveAsync(branch));
            }

            return _commits[^1];
        }

        /// <summary>Haves of clients: the parents of what is new, all that was before, and others.</summary>
        public async Task<IReadOnlyList<ObjectId[]>> HavesAsync(ObjectId tip)
        {
            List<ObjectId[]> all = [];
            foreach (int back in (int[])[1, 2, 3, 5])
            {
                if ((await bench.Source.TryAsync("rev-parse", "--verify", "--quiet", $"{tip}~{back}")) is { ExitCode: 0, Output: var id })
                {
                    all.Add([ObjectId.Parse(id.Trim())]);
                }
            }

            all.Add([.. _commits.Where(commit => commit != tip).TakeLast(6), .. all.Count > 0 ? all[^1] : []]);
            return [.. all.Where(static haves => haves.Length > 0).Select(static haves => haves.Distinct().ToArray())];
        }

        private async Task CommitAsync(string branch, string begin, string? merged)
        {
            var script = new StringBuilder();
            script.Append(
                CultureInfo.InvariantCulture,
                $"commit {branch}\ncommitter Sana <sana@example.com> {History.FirstCommitTime + _number} +0000\n"
            );
            script.Append(CultureInfo.InvariantCulture, $"data 1\nC\nfrom {begin}^0\n");
            if (merged is not null)
            {
                script.Append(CultureInfo.InvariantCulture, $"merge {merged}^0\n");
            }

            _number++;
            for (int left = 1 + _random.Next(3); left > 0; left--)
            {
                string file = s_files[_random.Next(s_files.Length)];
                string text = Text(s_files[_random.Next(3)], _random.Next(4) == 0 ? _random.Next(3) : 1_000 + _number);
                script.Append(
                    _random.Next(8) switch
                    {
                        0 => $"D {file}\n",
                        1 => $"M 160000 {new string('1', _commits.Count == 0 ? 40 : _commits[0].ToString().Length)} sub\n",
                        2 => $"M 100755 inline {file}\ndata {text.Length}\n{text}\n",
                        _ => $"M 100644 inline {file}\ndata {text.Length}\n{text}\n",
                    }
                );
            }

            script.Append("done\n");
            await (
                bench.Source.Git("fast-import", "--quiet", "--done", "--force") with
                {
                    Input = stream => stream.WriteAsync(Encoding.ASCII.GetBytes(script.ToString())).AsTask(),
                }
            ).MustRunAsync();
        }
    }
}
