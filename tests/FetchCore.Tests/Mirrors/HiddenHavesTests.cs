using Waystation.FetchCore.Packs;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Tests.Mirrors;

/// <summary>
/// A client whose have is hidden from it gets the same response as a client whose have does not exist: neither the outcome nor the content
/// shows that the hidden commit is there.
/// </summary>
public sealed class HiddenHavesTests : IAsyncLifetime
{
    private static readonly ObjectId s_unknown = CoreFixture.Id(77);

    private MirrorFixture _node = null!;
    private ObjectId _hidden;
    private ObjectId _tip;

    public async Task InitializeAsync()
    {
        _node = await MirrorFixture.OpenAsync();
        _hidden = await _node.CommitAsync("topic");
        await _node.CloneAsync();
        _node.Primary.Hides = static user => user == "bob" ? "refs/heads/topic" : null;
        _tip = await _node.ResolveAsync("main");
        await _node.ReadAsync("bob", CoreFixture.Clone(_tip));
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Theory]
    [InlineData(2, PackWhen.AtOnce, false)]
    [InlineData(2, PackWhen.WhenReady, false)]
    [InlineData(2, PackWhen.Never, false)]
    [InlineData(2, PackWhen.AtOnce, true)]
    [InlineData(0, PackWhen.AtOnce, false)]
    [InlineData(0, PackWhen.WhenReady, false)]
    [InlineData(0, PackWhen.Never, false)]
    [InlineData(0, PackWhen.AtOnce, true)]
    public async Task HiddenCommit_IsTreatedAsOneThatNobodyHas(int version, PackWhen pack, bool isShallowLine)
    {
        // In either order: the first request's traces in the cache must not tell the second one apart.
        string unknown = await AskAsync(s_unknown, version, pack, isShallowLine);
        string hidden = await AskAsync(_hidden, version, pack, isShallowLine);
        Assert.Equal(unknown, hidden);
        Assert.Equal(unknown, await AskAsync(CoreFixture.Id(78), version, pack, isShallowLine));
    }

    /// <summary>A mirror that is behind is brought up to date for both.</summary>
    [Fact]
    public async Task HiddenCommit_IsTreatedAsOneThatNobodyHas_WhereTheMirrorIsBehind()
    {
        string hidden = await AskBehindAsync(_hidden);
        await _node.DisposeAsync();
        await InitializeAsync();
        Assert.Equal(await AskBehindAsync(s_unknown), hidden);
    }

    /// <summary>Asks for a tip that the mirror lacks, with a flag that no request had before, so that nothing is made ahead.</summary>
    private async Task<string> AskBehindAsync(ObjectId had)
    {
        _tip = await _node.CommitAsync();
        _node.Time.Turn(TimeSpan.FromMinutes(5));
        int syncs = _node.Primary.Syncs.Count;
        string told = await AskAsync(had, 2, PackWhen.AtOnce, isShallowLine: false, isThin: true);
        return $"{told}, syncs {_node.Primary.Syncs.Count - syncs}";
    }

    private async Task<string> AskAsync(ObjectId had, int version, PackWhen pack, bool isShallowLine, bool isThin = false)
    {
        var framing = new ResponseFraming
        {
            ProtocolVersion = version,
            NoDone = pack == PackWhen.WhenReady,
            MultiAck = MultiAck.Detailed,
        };
        FetchRequest request = CoreFixture.Clone(_tip) with { Pack = pack, ThinPack = isThin };
        request = isShallowLine ? request with { Shallows = [had] } : request with { Haves = [had] };
        FetchAnswer answer = await _node.FetchAsync("bob", request, framing: framing);
        switch (answer)
        {
            case FetchAnswer.Pack made:
                byte[] bytes = await CoreFixture.ReadAsync(made);
                return $"{made.Outcome}, {bytes.Length} bytes, {made.Reader.Prologue}";
            case FetchAnswer.Round round:
                return $"round {round.Prologue}";
            default:
                return answer.GetType().Name;
        }
    }
}
