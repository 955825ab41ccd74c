using System.Buffers;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Pushes;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Pushes;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Pushing;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests.Mirrors;

public sealed class PushIngestTests : IAsyncLifetime
{
    private const string Main = "refs/heads/main";

    private static readonly ObjectId s_none = CoreFixture.Id(0);

    private MirrorFixture _node = null!;
    private GitClient _pusher = null!;

    public async Task InitializeAsync()
    {
        _node = await MirrorFixture.OpenWithMirrorAsync();
        _pusher = await _node.CloneSourceAsync();
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Push_IsInTheMirror_AndThePrimaryMakesNoPackForThoseWhoFetchIt()
    {
        (ObjectId old, ObjectId tip) = await CommitAsync();
        await TakenByThePrimaryAsync();
        _ = Take(await CopyAsync([(old, tip, Main)], await _node.PackAsync(_pusher, [tip], [old])), ReportOf("ok " + Main));

        // Nobody waits for the intake to end: a fetch that comes now finds it under way.
        (FetchOutcome outcome, int objects) = await _node.ReadAsync("bob", MirrorFixture.Update([tip], old));
        Assert.Equal((FetchOutcome.Local, 3), (outcome, objects));
        Assert.Equal((1, 0), (_node.Primary.Fetches, _node.Primary.Syncs.Count));
        Assert.Equal(tip, _node.Mirror.Refs.Find(Main)?.Id);
        // The refs are set before the intake ends, and the fetch waits for no more.
        await Eventually.TrueAsync("the intake has ended", () => !_node.Mirror.HoldsOrphans);
        await _node.AssertSoundAsync();
    }

    [Theory]
    [InlineData("ng refs/heads/main pre-receive hook declined")]
    [InlineData("")] // it says nothing of the ref
    public async Task PushThatThePrimaryRefused_IsDropped_AndNothingIsAsked(string line)
    {
        (ObjectId old, ObjectId tip) = await CommitAsync();
        int listings = _node.Primary.Listings;
        MirrorRefs refs = _node.Mirror.Refs;
        Assert.False(await Take(await CopyAsync([(old, tip, Main)], await _node.PackAsync(_pusher, [tip], [old])), ReportOf(line)));
        Assert.Equal((refs, listings), (_node.Mirror.Refs, _node.Primary.Listings));
    }

    [Fact]
    public async Task PushThatThePrimaryDoesNotShow_IsDropped()
    {
        (ObjectId old, ObjectId tip) = await CommitAsync();
        MirrorRefs refs = _node.Mirror.Refs;
        Assert.False(await Take(await CopyAsync([(old, tip, Main)], await _node.PackAsync(_pusher, [tip], [old])), ReportOf("ok " + Main)));
        Assert.Equal(refs, _node.Mirror.Refs);
        Assert.False(_node.Mirror.HoldsOrphans);
    }

    [Theory]
    [InlineData(true)] // the commit alone, without its files
    [InlineData(false)] // a flipped bit
    public async Task PackThatIsNotWhole_IsDropped_AndTheNextFetchSyncsAsEver(bool isLacking)
    {
        (ObjectId old, ObjectId tip) = await CommitAsync();
        await TakenByThePrimaryAsync();
        byte[] pack = await _node.PackAsync(_pusher, [tip], [old]);
        if (isLacking)
        {
            ObjectId tree = ObjectId.Parse(await _pusher.ReadAsync("rev-parse", tip + "^{tree}"));
            pack = await _node.PackAsync(_pusher, [tip], [old, tree]);
        }
        else
        {
            pack[^30] ^= 1;
        }

        Assert.False(await Take(await CopyAsync([(old, tip, Main)], pack), ReportOf("ok " + Main)));
        Assert.Equal(old, _node.Mirror.Refs.Find(Main)?.Id);
        Assert.Equal(FetchOutcome.Local, (await _node.ReadAsync("bob", MirrorFixture.Shallow(tip))).Outcome);
        Assert.Single(_node.Primary.Syncs);
        await _node.AssertSoundAsync();
    }

    [Fact]
    public async Task DeletedBranch_GoesFromTheMirrorAtOnce()
    {
        ObjectId topic = await _node.CommitAsync("topic");
        Assert.True(await _node.SyncAsync());
        await _node.Source.RunAsync("update-ref", "-d", "refs/heads/topic");
        PushCopy copy = await CopyAsync([(topic, s_none, "refs/heads/topic")], []);
        Assert.True(await Take(copy, ReportOf("ok refs/heads/topic")));
        Assert.Null(_node.Mirror.Refs.Find("refs/heads/topic"));
        Assert.True(_node.Mirror.HoldsOrphans);
    }

    [Fact]
    public async Task StrayCommitInThePack_IsAnOrphanFromTheFirstMoment()
    {
        (ObjectId old, ObjectId tip) = await CommitAsync();
        await TakenByThePrimaryAsync();
        await _pusher.RunAsync("commit", "--quiet", "--allow-empty", "--message", "stray");
        ObjectId stray = ObjectId.Parse(await _pusher.ReadAsync("rev-parse", "HEAD"));
        PushCopy copy = await CopyAsync([(old, tip, Main)], await _node.PackAsync(_pusher, [tip, stray], [old]));
        Assert.True(await Take(copy, ReportOf("ok " + Main)));
        Assert.Equal(tip, _node.Mirror.Refs.Find(Main)?.Id);
        Assert.True(_node.Mirror.HoldsOrphans);
    }

    [Fact]
    public async Task FirstPush_BecomesTheMirror()
    {
        ObjectId tip = await _node.ResolveAsync("main");
        byte[] pack = await _node.PackAsync(_pusher, [tip], []);
        Assert.True(_node.Core.Mirrors.Remove(MirrorFixture.Repository));
        int packs = _node.Primary.Packs;
        PushCopy copy = await CopyAsync([(s_none, tip, Main)], pack);
        Begin(copy, ReportOf("ok " + Main));
        copy.End(whole: true);
        await Eventually.TrueAsync("there is a mirror", () => _node.Core.Mirrors.Find(MirrorFixture.Repository) is not null);
        Assert.Equal(packs, _node.Primary.Packs);
        await _node.AssertSoundAsync();
    }

    private static PushReportReader ReportOf(string line)
    {
        var buffer = new ArrayBufferWriter<byte>();
        PktLineWriter.WriteText(buffer, "unpack ok");
        if (line.Length > 0)
        {
            PktLineWriter.WriteText(buffer, line);
        }

        PktLineWriter.WriteFlush(buffer);
        var report = new PushReportReader();
        report.Read(buffer.WrittenSpan);
        Assert.True(report.HasAnswer);
        return report;
    }

    private async Task<(ObjectId Old, ObjectId New)> CommitAsync()
    {
        string old = await _pusher.ReadAsync("rev-parse", "HEAD");
        await File.WriteAllTextAsync(Path.Combine(_pusher.Folder, "pushed"), "pushed\n");
        await _pusher.RunAsync("add", ".");
        await _pusher.RunAsync("commit", "--quiet", "--message", "pushed");
        return (ObjectId.Parse(old), ObjectId.Parse(await _pusher.ReadAsync("rev-parse", "HEAD")));
    }

    /// <summary>The primary gets the push, by a way that does not lead through the node.</summary>
    private Task TakenByThePrimaryAsync() => _pusher.RunAsync("push", "--quiet", "origin", "HEAD:" + Main);

    /// <summary>The node's copy of a push, when all of it has passed.</summary>
    private async Task<PushCopy> CopyAsync((ObjectId Old, ObjectId New, string Ref)[] commands, byte[] pack)
    {
        PushCopy copy = _node.Core.Pushes.Begin(MirrorFixture.Repository, isGzip: false) ?? throw new InvalidOperationException("no copy");
        var head = new ArrayBufferWriter<byte>();
        string capabilities = "\0 report-status";
        foreach ((ObjectId old, ObjectId now, string name) in commands)
        {
            PktLineWriter.WriteText(head, $"{old} {now} {name}{capabilities}");
            capabilities = "";
        }

        PktLineWriter.WriteFlush(head);
        await copy.TakeAsync(head.WrittenMemory);
        await copy.TakeAsync(pack);
        return copy;
    }

    /// <summary>Begins to take the push in; its last byte comes after that.</summary>
    /// <returns>Whether the mirror took it in.</returns>
    private Task<bool> Take(PushCopy copy, PushReportReader report)
    {
        Begin(copy, report);
        Task<bool> taking =
            _node.Core.Work.Find("sync", MirrorFixture.Repository) ?? throw new InvalidOperationException("it was not begun");
        copy.End(whole: true);
        return taking;
    }

    private void Begin(PushCopy copy, PushReportReader report) =>
        _ = _node.Core.Pushes.TakeAsync(
            new ObservedPush(MirrorFixture.Repository, _node.CredentialOf("alice"), _node.Primary.For("alice"), copy, report)
        );
}
