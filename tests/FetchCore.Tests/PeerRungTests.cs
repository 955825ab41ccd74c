using System.IO.Pipelines;
using Waystation.CacheStore.Packs.Filling;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Peers;
using Waystation.GitProtocol.Objects;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests;

/// <summary>A node that does not keep the mirror asks the one that does, before the primary.</summary>
public sealed class PeerRungTests : IAsyncLifetime
{
    private static readonly ObjectId s_tip = CoreFixture.Id(1);

    private readonly FakePeers _peers = new();
    private readonly CoreFixture _core;

    public PeerRungTests() => _core = new CoreFixture(peers: _peers);

    public Task InitializeAsync()
    {
        _core.Primary.Refs.Add(("refs/heads/main", s_tip, null));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _core.DisposeAsync();

    [Fact]
    public async Task Keeper_GivesThePack_AndTheNextClientHitsIt()
    {
        _peers.Keeper = static _ => new FakeReply(FakePrimary.PackAnswer(FakePrimary.Pack), 0);
        FetchAnswer first = await _core.FetchAsync("alice", CoreFixture.Clone(s_tip));
        Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(first));
        FetchAnswer second = await _core.FetchAsync("bob", CoreFixture.Clone(s_tip));
        Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(second));
        Assert.Equal(FetchOutcome.Peer, ((FetchAnswer.Pack)first).Outcome);
        Assert.Equal(FetchOutcome.Hit, ((FetchAnswer.Pack)second).Outcome);
        Assert.Equal((1, 0), (_peers.Questions.Count, _core.Primary.Packs));
    }

    [Fact]
    public async Task Question_HasTheRefsThatTheCredentialWasShown_AndNoOthers()
    {
        _core.Primary.Refs.Add(("refs/heads/secret", CoreFixture.Id(2), null));
        _core.Primary.Shows = static (user, name) => user == "alice" || name != "refs/heads/secret";
        _peers.Keeper = static _ => null;
        await CoreFixture.ReadAsync(await _core.FetchAsync("bob", CoreFixture.Clone(s_tip)));
        PeerQuestion question = Assert.Single(_peers.Questions);
        Assert.Equal(["refs/heads/main"], question.View.Tips().Select(static tip => tip.Name));
        Assert.Equal(_core.CredentialOf("bob"), question.Credential);
    }

    [Fact]
    public async Task KeeperWithoutThePack_LeavesItToThePrimary()
    {
        FetchAnswer answer = await _core.FetchAsync("alice", CoreFixture.Clone(s_tip));
        Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(answer));
        Assert.Equal(FetchOutcome.Forward, ((FetchAnswer.Pack)answer).Outcome);
    }

    /// <summary>The other node dies in the middle of the pack: the client has read nothing of it, and gets the primary's.</summary>
    [Fact]
    public async Task KeeperThatDiesWithinThePack_EndsNoResponse()
    {
        byte[] half = FakePrimary.PackAnswer(FakePrimary.OtherPack.AsSpan(0, 150_000), whole: false);
        _peers.Keeper = _ => _peers.Questions.Count == 1 ? new FakeReply(half, 0) : null;
        FetchAnswer answer = await _core.FetchAsync("alice", CoreFixture.Clone(s_tip));
        Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(answer));
        Assert.Equal(1, _core.Primary.Packs);
    }

    [Fact]
    public async Task WrongTrailerOfAPeer_IsNeverShown()
    {
        byte[] wrong = [.. FakePrimary.Pack];
        wrong[50_000] ^= 1;
        _peers.Keeper = _ => _peers.Questions.Count == 1 ? new FakeReply(FakePrimary.PackAnswer(wrong), 0) : null;
        Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(await _core.FetchAsync("alice", CoreFixture.Clone(s_tip))));
    }

    [Fact]
    public async Task TwentyClones_AskTheKeeperOnce_AndNoneReadsBeforeThePackIsWhole()
    {
        var body = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        _peers.Keeper = _ => new FakeReply(body.Reader, 0);
        byte[] response = FakePrimary.PackAnswer(FakePrimary.Pack);
        Task<FetchAnswer>[] asked = [.. Enumerable.Range(0, 20).Select(i => _core.FetchAsync($"user {i}", CoreFixture.Clone(s_tip)))];
        await body.Writer.WriteAsync(response.AsMemory(0, response.Length - 100));
        FetchAnswer[] answers = await _core.Time.TurnThroughAsync(Task.WhenAll(asked));
        Task<byte[]>[] packs = [.. answers.Select(CoreFixture.ReadAsync)];
        await Eventually.TrueAsync("the node has read all but the end", () => body.Reader is not null && _core.Fills.IsIdle is false);
        Assert.All(packs, static pack => Assert.False(pack.IsCompleted));

        await body.Writer.WriteAsync(response.AsMemory(response.Length - 100));
        await body.Writer.CompleteAsync();
        Assert.All(await Task.WhenAll(packs), static pack => Assert.Equal(FakePrimary.Pack, pack));
        Assert.Equal((1, 0), (_peers.Questions.Count, _core.Primary.Packs));
    }

    /// <summary>The node that keeps the mirror asks nodes that may have kept it before.</summary>
    [Fact]
    public async Task Holders_AreAskedBeforeThePrimary()
    {
        _peers.IsKeeper = true;
        _peers.Holders = static _ => new FakeReply(FakePrimary.PackAnswer(FakePrimary.Pack), 0);
        FetchAnswer answer = await _core.FetchAsync("alice", CoreFixture.Clone(s_tip));
        Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(answer));
        Assert.Equal(0, _core.Primary.Packs);
    }

    /// <summary>Two nodes that each take the other for the keeper must not ask each other for ever.</summary>
    [Fact]
    public async Task CallOfAnotherNode_IsNotAskedOfAKeeper()
    {
        FetchCall call = _core.CallOf("alice", new(CoreFixture.Clone(s_tip), GitProtocol.Requests.ResponseFraming.V2)) with { From = "b" };
        Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(await _core.Service.FetchAsync(call, CancellationToken.None)));
        Assert.Empty(_peers.Questions);
    }

    /// <summary>
    /// A client's fetch waits at the keeper, and the keeper asks this node for the same: it must not wait for the fetch that waits for it.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CallOfAnotherNode_DoesNotWaitForAFillThatWaitsForThatNode(bool isHeldOnly)
    {
        var asked = new TaskCompletionSource();
        var body = new Pipe();
        _peers.Keeper = _ =>
        {
            asked.SetResult();
            return new FakeReply(body.Reader, 0);
        };
        Task<FetchAnswer> client = _core.FetchAsync("alice", CoreFixture.Clone(s_tip));
        await asked.Task;
        FetchCall call = _core.CallOf("bob", new(CoreFixture.Clone(s_tip), GitProtocol.Requests.ResponseFraming.V2)) with
        {
            From = "b",
            IsHeldOnly = isHeldOnly,
            Shown = new Access.AccessView([
                new(GitProtocol.Requests.LsRefsRequest.All(ObjectFormat.Sha1), [new("refs/heads/main", s_tip, null, null)]),
            ]),
        };
        FetchAnswer answer = await _core.Service.FetchAsync(call, CancellationToken.None);
        if (isHeldOnly)
        {
            Assert.Equal(ForwardReason.NotHeld, Assert.IsType<FetchAnswer.Forward>(answer).Reason);
        }
        else
        {
            Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(answer));
        }

        await body.Writer.WriteAsync(FakePrimary.PackAnswer(FakePrimary.Pack));
        await body.Writer.CompleteAsync();
        Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(await client));
    }

    [Fact]
    public async Task CallForWhatIsHeld_NeverAsksThePrimary()
    {
        FetchCall call = _core.CallOf("alice", new(CoreFixture.Clone(s_tip), GitProtocol.Requests.ResponseFraming.V2)) with
        {
            From = "b",
            IsHeldOnly = true,
            Shown = new Access.AccessView([
                new(GitProtocol.Requests.LsRefsRequest.All(ObjectFormat.Sha1), [new("refs/heads/main", s_tip, null, null)]),
            ]),
        };
        FetchAnswer answer = await _core.Service.FetchAsync(call, CancellationToken.None);
        Assert.Equal(ForwardReason.NotHeld, Assert.IsType<FetchAnswer.Forward>(answer).Reason);
        Assert.Equal((0, 0), (_core.Primary.Packs, _core.Primary.Listings));

        await CoreFixture.ReadAsync(await _core.FetchAsync("alice", CoreFixture.Clone(s_tip)));
        Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(await _core.Service.FetchAsync(call, CancellationToken.None)));
        Assert.Equal(1, _core.Primary.Packs);
    }
}
