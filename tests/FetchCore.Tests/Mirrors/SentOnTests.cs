using System.Buffers.Binary;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Tests.Mirrors;

/// <summary>The pack that a sync has brought goes on to the clients who lack just that, and to nobody who may not see all of it.</summary>
public sealed class SentOnTests : IAsyncLifetime
{
    private const string Secret = "secret";

    private MirrorFixture _node = null!;
    private ObjectId _old;

    public async Task InitializeAsync()
    {
        _node = await MirrorFixture.OpenAsync();
        await _node.Source.RunAsync("branch", Secret, "main");
        await _node.CloneAsync();
        _old = await _node.ResolveAsync("main");
        _node.Primary.Hides = static user => user == "bob" ? $"refs/heads/{Secret}" : null;
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Theory]
    [InlineData(PackWhen.WhenReady)]
    [InlineData(PackWhen.AtOnce)]
    public async Task Fetch_GetsTheVeryPackThatThePrimaryMade(PackWhen when)
    {
        ObjectId tip = await _node.CommitAsync();
        byte[] made = [];
        _node.Primary.Garble = answer => made = answer;
        (FetchAnswer.Pack answer, byte[] pack) = await AskAsync("carol", [tip], [_old], when);
        Assert.Equal(FetchOutcome.Local, answer.Outcome);

        // Its trailer, but for the last byte, which git sends by itself.
        Assert.True(made.AsSpan().IndexOf(pack.AsSpan(^20..^1)) > 0);
        FetchPrologue prologue = answer.Reader.Prologue;
        Assert.Equal(when == PackWhen.WhenReady, prologue.HasAcknowledgments);
        Assert.Equal(when == PackWhen.WhenReady ? [_old] : [], prologue.Acks);
        Assert.Equal(when == PackWhen.WhenReady, prologue.Ready);
        Assert.Single(_node.Primary.Syncs);
        Assert.Equal(1, _node.Primary.Fetches); // the clone
    }

    /// <summary>A sync in the name of one who sees all brings a branch that another may not see.</summary>
    [Fact]
    public async Task HiddenBranchOfTheSamePack_DoesNotLeave()
    {
        ObjectId tip = await _node.CommitAsync(),
            hidden = await _node.CommitAsync(Secret);
        Assert.True(await _node.SyncAsync());
        Assert.Equal([tip, hidden], Assert.Single(_node.Primary.Syncs).Request.Wants.ToHashSet());

        (_, byte[] ofBob) = await AskAsync("bob", [tip], [_old]);
        (FetchAnswer.Pack answer, byte[] ofAlice) = await AskAsync(MirrorFixture.Alice, [tip, hidden], [_old]);
        Assert.Equal(FetchOutcome.Local, answer.Outcome);

        // A commit, its tree and its file, once and twice.
        Assert.Equal((3, 6), (CountOf(ofBob), CountOf(ofAlice)));
    }

    /// <summary>A client that names a commit that it may not see has it no more than any other.</summary>
    [Fact]
    public async Task HiddenCommit_IsNoEdge()
    {
        ObjectId hidden = await _node.CommitAsync(Secret);
        Assert.True(await _node.SyncAsync());
        await _node.Source.RunAsync("update-ref", "refs/heads/main", hidden.ToString());
        ObjectId tip = await _node.CommitAsync();
        await _node.Source.RunAsync("update-ref", "refs/heads/main", _old.ToString());
        await _node.Source.RunAsync("update-ref", $"refs/heads/{Secret}", tip.ToString());
        Assert.True(await _node.SyncAsync());
        FetchAnswer answer = await _node.FetchAsync("bob", Update([tip], [hidden], PackWhen.AtOnce));
        Assert.IsType<FetchAnswer.Forward>(answer);
    }

    private async Task<(FetchAnswer.Pack Answer, byte[] Pack)> AskAsync(
        string user,
        ObjectId[] wants,
        ObjectId[] haves,
        PackWhen when = PackWhen.AtOnce
    )
    {
        var answer = Assert.IsType<FetchAnswer.Pack>(await _node.FetchAsync(user, Update(wants, haves, when)));
        return (answer, await CoreFixture.ReadAsync(answer));
    }

    private static FetchRequest Update(ObjectId[] wants, ObjectId[] haves, PackWhen when) =>
        MirrorFixture.Update(wants, haves) with
        {
            Pack = when,
            ThinPack = true,
            OfsDelta = true,
        };

    private static int CountOf(byte[] pack) => BinaryPrimitives.ReadInt32BigEndian(pack.AsSpan(8));
}
