using System.Buffers;
using System.IO.Pipelines;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Tests;

/// <summary>
/// The node that keeps the mirror begins its answer and dies within it. Another source may know other haves of the client, so its
/// acknowledgments differ; the client must not notice.
/// </summary>
public sealed class PeerThatDiesTests : IAsyncLifetime
{
    private static readonly ObjectId s_tip = CoreFixture.Id(1);
    private static readonly ObjectId s_shared = CoreFixture.Id(8);
    private static readonly ObjectId s_own = CoreFixture.Id(9);

    private static readonly FetchPrologue s_ready = new()
    {
        HasAcknowledgments = true,
        Acks = [s_shared],
        Ready = true,
    };

    private static readonly FetchRequest s_request = CoreFixture.Clone(s_tip) with { Haves = [s_own, s_shared], Pack = PackWhen.WhenReady };

    private readonly Pipe _body = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly FakePeers _peers = new();
    private readonly CoreFixture _core;

    public PeerThatDiesTests() => _core = new CoreFixture(peers: _peers);

    public async Task InitializeAsync()
    {
        _core.Primary.Refs.Add(("refs/heads/main", s_tip, null));
        _peers.Keeper = _ => _peers.Questions.Count == 1 ? new FakeReply(_body.Reader, 0) : null;
        await _body.Writer.WriteAsync(FakePrimary.PackAnswer(FakePrimary.OtherPack.AsSpan(0, 150_000), whole: false, s_ready));
    }

    public async Task DisposeAsync() => await _core.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OtherAcknowledgments_DoNotEndTheResponse(bool hasBegun)
    {
        FetchPrologue other = s_ready with { Acks = [s_own, s_shared] };
        _core.Primary.FetchOverride = _ => new FakeReply(FakePrimary.PackAnswer(FakePrimary.Pack, prologue: other), 0);
        FetchAnswer answer = await DieAsync(hasBegun);
        Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(answer));
        Assert.Equal(1, _core.Primary.Packs);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Followers_GetThePackOfTheOtherSource(bool hasBegun)
    {
        FetchPrologue other = s_ready with { Acks = [s_own, s_shared] };
        _core.Primary.FetchOverride = _ => new FakeReply(FakePrimary.PackAnswer(FakePrimary.Pack, prologue: other), 0);
        Task<FetchAnswer>[] followers = [.. Enumerable.Range(0, 10).Select(i => _core.FetchAsync($"user {i}", s_request))];
        FetchAnswer[] answers = await DieAsync(hasBegun, Task.WhenAll(followers));
        byte[][] packs = await Task.WhenAll(answers.Select(CoreFixture.ReadAsync));
        Assert.All(packs, static pack => Assert.Equal(FakePrimary.Pack, pack));
    }

    /// <summary>Another boundary is another answer: a client that has it already must not get this pack.</summary>
    [Fact]
    public async Task OtherBoundary_EndsAResponseThatHasBegun()
    {
        FetchPrologue other = s_ready with { HasShallowInfo = true, Shallow = [s_shared] };
        _core.Primary.FetchOverride = _ => new FakeReply(FakePrimary.PackAnswer(FakePrimary.Pack, prologue: other), 0);
        FetchAnswer answer = await DieAsync(hasBegun: true);
        await Assert.ThrowsAsync<CacheStore.Packs.Filling.FillFailedException>(() => CoreFixture.ReadAsync(answer));
    }

    /// <summary>The primary wants to hear of more haves: a client that has got nothing yet is asked for them.</summary>
    [Fact]
    public async Task AnotherRound_IsAnswered_IfNothingHasBegun()
    {
        var round = new ArrayBufferWriter<byte>();
        FetchPrologue unready = s_ready with { Ready = false };
        FetchResponseWriter.WriteRoundV2(round, unready, sidebandAll: false);
        _core.Primary.FetchOverride = _ => new FakeReply(round.WrittenSpan.ToArray(), 0);
        FetchAnswer.Relay answer = Assert.IsType<FetchAnswer.Relay>(await DieAsync(hasBegun: false));
        ReadResult read = await answer.Reply.Body.ReadAsync();
        Assert.Equal(round.WrittenSpan, read.Buffer.FirstSpan);
        await answer.Reply.DisposeAsync();
    }

    /// <summary>The objects are shown in no listing, so the keeper alone can decide; when it dies, the primary is asked.</summary>
    [Fact]
    public async Task FetchThatTheKeeperDecided_IsForwarded_IfNothingHasBegun()
    {
        Task<FetchAnswer> asked = _core.FetchAsync("alice", s_request with { Wants = [CoreFixture.Id(77)] });
        FetchAnswer answer = await DieAsync(hasBegun: false, asked);
        Assert.Equal(ForwardReason.NotVisible, Assert.IsType<FetchAnswer.Forward>(answer).Reason);
        Assert.Single(_peers.Questions);
    }

    private Task<FetchAnswer> DieAsync(bool hasBegun) => DieAsync(hasBegun, _core.FetchAsync("alice", s_request));

    /// <summary>The peer dies before or after the response has begun, which it does without a pack after some seconds.</summary>
    private async Task<T> DieAsync<T>(bool hasBegun, Task<T> asked)
    {
        if (hasBegun)
        {
            await _core.Time.TurnThroughAsync(asked);
        }

        await _body.Writer.CompleteAsync();
        return await asked;
    }
}
