using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Wire;

namespace Waystation.FetchCore.Tests;

/// <summary>A primary whose repository is shallow, until it gets its history while its tips stay: nothing of before is told
/// after.</summary>
public sealed class ShallowPrimaryTests : IAsyncLifetime
{
    private static readonly ObjectId s_tip = CoreFixture.Id(1);
    private static readonly ObjectId s_boundary = CoreFixture.Id(2);

    private readonly CoreFixture _core = new();
    private bool _isShallow = true;

    public Task InitializeAsync()
    {
        _core.Primary.Refs.Add(("refs/heads/main", s_tip, null));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _core.DisposeAsync();

    [Theory]
    [InlineData(null, 2)]
    [InlineData(5, 2)]
    [InlineData(5, 0)]
    [InlineData(int.MaxValue, 2)]
    public async Task Answer_IsNotKept_WhichEndsAtThePrimarysOwnBoundary(int? depth, int version)
    {
        ParsedCommand.Fetch request = RequestOf(depth, version);
        Answer(request);
        Assert.Equal(FakePrimary.OtherPack, await ReadAsync(request));
        await UntilAsync(() => _core.Fills.IsIdle);
        _isShallow = false;
        Assert.Equal(FakePrimary.Pack, await ReadAsync(request));
        await UntilAsync(() => _core.Fills.IsIdle);
        if (version == 2)
        {
            // Now it has all of its history, and that is kept.
            Assert.Equal(FetchOutcome.Hit, Assert.IsType<FetchAnswer.Pack>(await _core.FetchAsync("alice", request)).Outcome);
        }
    }

    [Fact]
    public async Task Follower_GetsAnAnswerOfItsOwn_WhereThePrimaryIsShallow()
    {
        ParsedCommand.Fetch request = RequestOf(depth: null);
        Answer(request);
        var gate = new TaskCompletionSource();
        _core.Primary.PackGate = gate.Task;
        Task<byte[]>[] all = [.. Enumerable.Range(0, 5).Select(_ => ReadAsync(request))];
        await UntilAsync(() => _core.Primary.Packs >= 1);
        gate.SetResult();
        Assert.All(await Task.WhenAll(all), static pack => Assert.Equal(FakePrimary.OtherPack, pack));
    }

    /// <summary>The advertisement of an older client shows it, for any client.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(5)]
    public async Task Answer_OfWholeHistory_IsRemoved_WhenThePrimarySaysThatItIsShallow(int? depth)
    {
        _isShallow = false;
        ParsedCommand.Fetch request = RequestOf(depth);
        Answer(request);
        Assert.Equal(FakePrimary.Pack, await ReadAsync(request));
        await UntilAsync(() => _core.Fills.IsIdle);
        Assert.Equal(FetchOutcome.Hit, Assert.IsType<FetchAnswer.Pack>(await _core.FetchAsync("alice", request)).Outcome);

        _isShallow = true;
        ParsedCommand.Fetch older = RequestOf(depth, version: 0);
        Answer(older);
        await _core.FetchAsync("bob", older);
        Answer(request);
        Assert.Equal(FakePrimary.OtherPack, await ReadAsync(request));
    }

    [Fact]
    public async Task DepthOne_IsKept_WithoutAQuestion()
    {
        ParsedCommand.Fetch request = RequestOf(depth: 1);
        Answer(request);
        Assert.Equal(FakePrimary.OtherPack, await ReadAsync(request));
        await UntilAsync(() => _core.Fills.IsIdle);
        Assert.Equal(FetchOutcome.Hit, Assert.IsType<FetchAnswer.Pack>(await _core.FetchAsync("alice", request)).Outcome);
        Assert.Equal(1, _core.Primary.Packs);
    }

    private static ParsedCommand.Fetch RequestOf(int? depth, int version = 2) =>
        new(CoreFixture.Clone(s_tip) with { Depth = depth }, new ResponseFraming { ProtocolVersion = version });

    private void Answer(ParsedCommand.Fetch request)
    {
        bool says = request.Framing.ProtocolVersion == 2;
        _core.Primary.SpeaksOld = !says;
        _core.Primary.FetchOverride = _ =>
            HiddenTagTests.Answer(
                request,
                _isShallow ? FakePrimary.OtherPack : FakePrimary.Pack,
                _isShallow ? new FetchPrologue { HasShallowInfo = true, Shallow = [s_boundary] }
                    : request.Request.Deepens ? new FetchPrologue { HasShallowInfo = true }
                    : FetchPrologue.Empty
            );
        _core.Primary.Shallows = () => _isShallow ? [s_boundary] : [];
        _core.Primary.SyncOverride = (asked, framing) =>
            asked.Depth == int.MaxValue && framing.ProtocolVersion == 0
                ? new FakeReply(_isShallow ? Lines.ToBytes($"shallow {s_boundary}", Lines.Flush) : Lines.ToBytes(Lines.Flush), 0)
                : null;
    }

    private static Task UntilAsync(Func<bool> condition) => Eventually.TrueAsync("what the test waits for", condition);

    private async Task<byte[]> ReadAsync(ParsedCommand.Fetch request) =>
        await CoreFixture.ReadAsync(await _core.FetchAsync("alice", request));
}
