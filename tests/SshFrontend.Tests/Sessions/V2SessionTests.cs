using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Tests;
using Waystation.GitProtocol.Objects;

namespace Waystation.SshFrontend.Tests.Sessions;

/// <summary>Conversations of protocol version 2 (gitprotocol-v2) on an SSH channel.</summary>
public sealed class V2SessionTests : IAsyncLifetime
{
    private static readonly ObjectId s_tip = CoreFixture.Id(1);

    private static readonly byte[] s_lsRefs = SessionStage.Lines(
        "command=ls-refs",
        "object-format=sha1",
        "delim",
        "peel",
        "symrefs",
        "flush"
    );

    private static readonly byte[] s_clone = SessionStage.Lines(
        "command=fetch",
        "object-format=sha1",
        "delim",
        "ofs-delta",
        $"want {s_tip}",
        "done",
        "flush"
    );

    private readonly SessionStage _stage = new();

    public Task InitializeAsync()
    {
        _stage.Core.Primary.Refs.Add(("refs/heads/main", s_tip, null));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _stage.DisposeAsync();

    [Fact]
    public async Task TwoClones_MakeOnePack_AndOneListingEach()
    {
        foreach (string user in (string[])["alice", "bob"])
        {
            SessionResult clone = await _stage.RunV2Async(user, s_lsRefs, s_clone, "0000"u8.ToArray());
            Assert.Equal((0, ""), (clone.ExitCode, clone.Error));
            Assert.StartsWith($"003d{s_tip} refs/heads/main\n0000", clone.Text, StringComparison.Ordinal);
            Assert.True(clone.HoldsPack(FakePrimary.Pack));
        }

        Assert.Equal((1, 2), (_stage.Core.Primary.Packs, _stage.Core.Primary.Listings));
    }

    [Fact]
    public async Task Conversation_IsTheSame_HoweverTheBytesArrive()
    {
        byte[] all = [.. s_lsRefs, .. s_lsRefs, .. "0000"u8];
        SessionResult whole = await _stage.RunV2Async("alice", all);
        for (int cut = 1; cut < all.Length; cut++)
        {
            SessionResult inTwo = await _stage.RunV2Async("alice", all[..cut], all[cut..]);
            Assert.Equal((whole.ExitCode, whole.Text, whole.Error), (inTwo.ExitCode, inTwo.Text, inTwo.Error));
        }
    }

    [Fact]
    public async Task Client_ThatLeavesInTheMiddleOfARequest_IsNotServed()
    {
        byte[] all = [.. s_clone];
        for (int length = 1; length < all.Length; length += 7)
        {
            SessionResult cut = await _stage.RunV2Async("alice", all[..length]);
            Assert.Equal((128, "waystation: the client closed the connection in the middle of a request\n"), (cut.ExitCode, cut.Error));
        }

        Assert.Equal(0, _stage.Core.Primary.Packs);
    }

    [Fact]
    public async Task Client_ThatLeavesBetweenTwoRequests_EndsTheSessionWell()
    {
        SessionResult left = await _stage.RunV2Async("alice", s_lsRefs);
        Assert.Equal((0, ""), (left.ExitCode, left.Error));
    }

    [Fact]
    public async Task Request_ThatIsNoPktLine_IsAnsweredByAnErrPacket()
    {
        SessionResult broken = await _stage.RunV2Async("alice", "zzzzcommand=fetch\n"u8.ToArray());
        Assert.Equal(128, broken.ExitCode);
        Assert.Contains("ERR waystation: the request cannot be read", broken.Text, StringComparison.Ordinal);
        Assert.Empty(_stage.Forwarded);
    }

    [Fact]
    public async Task Request_ThatIsNotKnown_GoesToThePrimaryAsItCame_AndTheConversationGoesOn()
    {
        byte[] unknown = SessionStage.Lines("command=object-info", "object-format=sha1", "delim", "size", $"oid {s_tip}", "flush");
        SessionResult result = await _stage.RunV2Async("alice", unknown, s_lsRefs, "0000"u8.ToArray());
        Assert.Equal(unknown, Assert.Single(_stage.Forwarded));
        Assert.EndsWith($"003d{s_tip} refs/heads/main\n0000", result.Text, StringComparison.Ordinal);
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public async Task Repository_ThatIsNotSelected_IsThePrimarysEachTime()
    {
        for (int i = 0; i < 2; i++)
        {
            SessionResult clone = await _stage.RunV2Async("alice", isSelected: false, s_lsRefs, s_clone, "0000"u8.ToArray());
            Assert.True(clone.HoldsPack(FakePrimary.Pack));
        }

        Assert.Equal(2, _stage.Core.Primary.Packs);
        Assert.Equal([s_clone, s_clone], _stage.Forwarded);
    }

    [Fact]
    public async Task Refusal_IsThePrimarys_AndEndsTheTicket_ThoughThePackIsKept()
    {
        await _stage.RunV2Async("alice", s_lsRefs, s_clone, "0000"u8.ToArray());
        Assert.True(await IsKeptAsync("alice"));

        _stage.Core.Primary.Refuses = static user => user == "alice";
        SessionResult refused = await _stage.RunV2Async("alice", s_lsRefs);
        Assert.Equal((128, "waystation: the primary refuses\n", ""), (refused.ExitCode, refused.Error, refused.Text));
        SessionResult again = await _stage.RunV2Async("alice", s_clone, "0000"u8.ToArray());
        Assert.Equal(128, again.ExitCode);
        Assert.False(again.HoldsPack(FakePrimary.Pack));
    }

    [Fact]
    public async Task Pack_ThatBreaksOff_EndsTheSessionBadly()
    {
        _stage.Core.Primary.FetchOverride = _ => new FakeReply(
            FakePrimary.PackAnswer(FakePrimary.Pack.AsSpan(0, 100_000), whole: false),
            0
        );
        SessionResult cut = await _stage.RunV2Async("alice", s_lsRefs, s_clone, "0000"u8.ToArray());
        Assert.Equal(128, cut.ExitCode);
        Assert.Contains("ended early", cut.Error, StringComparison.Ordinal);
        Assert.False(cut.Text.EndsWith("0000", StringComparison.Ordinal) && cut.HoldsPack(FakePrimary.Pack));
    }

    /// <summary>Whether a clone of this user's is a hit.</summary>
    private async Task<bool> IsKeptAsync(string user)
    {
        int made = _stage.Core.Primary.Packs;
        SessionResult clone = await _stage.RunV2Async(user, s_clone, "0000"u8.ToArray());
        return clone.HoldsPack(FakePrimary.Pack) && _stage.Core.Primary.Packs == made;
    }
}
