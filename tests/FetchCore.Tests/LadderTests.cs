using System.IO.Pipelines;
using Waystation.CacheStore.Packs.Filling;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests;

public sealed class LadderTests : IAsyncLifetime
{
    private static readonly ObjectId s_tip = CoreFixture.Id(1);

    private readonly CoreFixture _core = new();

    public Task InitializeAsync()
    {
        _core.Primary.Refs.Add(("refs/heads/main", s_tip, null));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _core.DisposeAsync();

    [Fact]
    public async Task Fetch_IsAHit_WhenTheSameWasAskedBefore()
    {
        FetchAnswer first = await _core.FetchAsync("alice", CoreFixture.Clone(s_tip));
        Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(first));
        FetchAnswer second = await _core.FetchAsync("alice", CoreFixture.Clone(s_tip));
        Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(second));
        Assert.Equal(FetchOutcome.Forward, ((FetchAnswer.Pack)first).Outcome);
        Assert.Equal(FetchOutcome.Hit, ((FetchAnswer.Pack)second).Outcome);
        Assert.Equal(1, _core.Primary.Packs);
    }

    [Fact]
    public async Task TwentyColdClones_MakeOnePack()
    {
        var gate = new TaskCompletionSource();
        _core.Primary.PackGate = gate.Task;
        Task<FetchAnswer>[] clones = [.. Enumerable.Range(0, 20).Select(i => _core.FetchAsync($"user {i}", CoreFixture.Clone(s_tip)))];
        gate.SetResult();
        FetchAnswer[] answers = await Task.WhenAll(clones);
        byte[][] packs = await Task.WhenAll(answers.Select(CoreFixture.ReadAsync));
        Assert.All(packs, static pack => Assert.Equal(FakePrimary.Pack, pack));
        Assert.Equal(1, _core.Primary.Packs);
        Assert.Single(answers, static answer => answer is FetchAnswer.Pack { Outcome: FetchOutcome.Forward });
    }

    [Fact]
    public async Task Refusal_IsToldToTheStarterOnly_AndAFollowerBeginsAnew()
    {
        // Both are shown the ref; then mallory's credential dies, while her fetch is the one that bob joins.
        var gate = new TaskCompletionSource();
        _core.Primary.PackGate = gate.Task;
        var refusal = new FakeReply([], 0, isRefusal: true);
        _core.Primary.FetchOverride = user => user == "mallory" ? refusal : null;
        Task<FetchAnswer> mallory = _core.FetchAsync("mallory", CoreFixture.Clone(s_tip));
        await Eventually.TrueAsync("mallory's fetch is at the primary", () => _core.Primary.Packs > 0);

        Task<FetchAnswer> bob = _core.FetchAsync("bob", CoreFixture.Clone(s_tip));
        gate.SetResult();
        Assert.Same(refusal, Assert.IsType<FetchAnswer.Relay>(await mallory).Reply);
        Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(await bob));
    }

    [Fact]
    public async Task Answer_IsRelayedWhole_WhenItHoldsNoPack()
    {
        byte[] round = "0014acknowledgments\n0008NAK\n0000"u8.ToArray();
        _core.Primary.FetchOverride = _ => new FakeReply(round, 0);
        var relay = Assert.IsType<FetchAnswer.Relay>(
            await _core.FetchAsync("alice", CoreFixture.Clone(s_tip) with { Haves = [CoreFixture.Id(9)], Pack = PackWhen.WhenReady })
        );
        ReadResult read = await relay.Reply.Body.ReadAtLeastAsync(round.Length);
        Assert.Equal(round, System.Buffers.BuffersExtensions.ToArray(read.Buffer));
        await relay.Reply.DisposeAsync();
    }

    [Theory]
    [InlineData("garbage that is no answer")]
    [InlineData("0023ERR upload-pack: not our ref 0123")]
    [InlineData("")]
    public async Task Answer_IsRelayed_WhenItIsNotUnderstood(string body)
    {
        _core.Primary.FetchOverride = _ => new FakeReply(System.Text.Encoding.ASCII.GetBytes(body), 0);
        var relay = Assert.IsType<FetchAnswer.Relay>(await _core.FetchAsync("alice", CoreFixture.Clone(s_tip)));
        await relay.Reply.DisposeAsync();
    }

    [Fact]
    public async Task BrokenOffAnswer_FailsItsReaders_AndIsNotKept()
    {
        byte[] half = FakePrimary.PackAnswer(FakePrimary.Pack.AsSpan(0, 100_000), whole: false);
        _core.Primary.FetchOverride = _ => new FakeReply(half, 0);
        FetchAnswer broken = await _core.FetchAsync("alice", CoreFixture.Clone(s_tip));
        await Assert.ThrowsAsync<FillFailedException>(() => CoreFixture.ReadAsync(broken));

        _core.Primary.FetchOverride = static _ => null;
        Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(await _core.FetchAsync("alice", CoreFixture.Clone(s_tip))));
        Assert.Equal(2, _core.Primary.Packs);
    }

    [Fact]
    public async Task WrongTrailer_IsNeverShown_AndNothingKept()
    {
        byte[] pack = [.. FakePrimary.Pack];
        pack[50_000] ^= 1;
        _core.Primary.FetchOverride = _ => new FakeReply(FakePrimary.PackAnswer(pack), 0);
        FetchAnswer broken = await _core.FetchAsync("alice", CoreFixture.Clone(s_tip));
        await Assert.ThrowsAsync<FillFailedException>(() => CoreFixture.ReadAsync(broken));
    }

    [Fact]
    public async Task Primary_IsUnreachable_ForTheOneWhoAsked()
    {
        _core.Primary.PackGate = Task.FromException(new PrimaryException("refused"));
        Assert.IsType<FetchAnswer.Unreachable>(await _core.FetchAsync("alice", CoreFixture.Clone(s_tip)));
    }

    [Fact]
    public async Task OtherAnswers_AreKept_WhenAskedTwice()
    {
        var request = CoreFixture.Clone(s_tip) with { Haves = [CoreFixture.Id(9)] };
        for (int round = 0; round < 3; round++)
        {
            await CoreFixture.ReadAsync(await _core.FetchAsync("alice", request));
            await Eventually.TrueAsync("it came about", () => _core.Fills.IsIdle);
        }

        Assert.Equal(2, _core.Primary.Packs);
    }

    [Fact]
    public async Task Request_IsForwarded_WhenEveryAttemptBreaksOffBeforeItsPack()
    {
        _core.Primary.PackGate = Task.FromException(new IOException("cut short"));
        Assert.Equal(
            ForwardReason.Contended,
            Assert
                .IsType<FetchAnswer.Forward>(await _core.FetchAsync("alice", CoreFixture.Clone(s_tip)).WaitAsync(TimeSpan.FromSeconds(20)))
                .Reason
        );
    }
}
