using Waystation.FetchCore.Tests;
using Waystation.GitProtocol.Objects;

namespace Waystation.SshFrontend.Tests.Sessions;

/// <summary>Conversations of protocol version 0 (gitprotocol-pack) on an SSH channel.</summary>
public sealed class V0SessionTests : IAsyncLifetime
{
    private static readonly ObjectId s_tip = CoreFixture.Id(1);

    private static readonly byte[] s_needs = SessionStage.Lines($"want {s_tip} side-band-64k ofs-delta", "flush");

    private static readonly byte[] s_done = SessionStage.Lines("done");

    private readonly SessionStage _stage = new();

    public Task InitializeAsync()
    {
        _stage.Core.Primary.Refs.Add(("refs/heads/main", s_tip, null));
        _stage.Core.Primary.SpeaksOld = true;
        _stage.Core.Primary.FetchOverride = static _ => new FakeReply([.. "0008NAK\n"u8, .. Bands()], 0);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _stage.DisposeAsync();

    [Fact]
    public async Task TwoClones_MakeOnePack()
    {
        foreach (string user in (string[])["alice", "bob"])
        {
            SessionResult clone = await _stage.RunV0Async(user, s_needs, s_done);
            Assert.Equal((0, ""), (clone.ExitCode, clone.Error));
            Assert.StartsWith("0008NAK\n", clone.Text, StringComparison.Ordinal);
            Assert.True(clone.HoldsPack(FakePrimary.Pack));
        }

        Assert.Equal(1, _stage.Core.Primary.Packs);
    }

    [Fact]
    public async Task Client_ThatWantsNothing_EndsTheSessionWell()
    {
        SessionResult nothing = await _stage.RunV0Async("alice", "0000"u8.ToArray());
        Assert.Equal((0, "", ""), (nothing.ExitCode, nothing.Text, nothing.Error));
        Assert.Equal(0, _stage.Core.Primary.Packs);
    }

    [Fact]
    public async Task Clone_IsTheSame_HoweverTheBytesArrive()
    {
        byte[] all = [.. s_needs, .. s_done];
        SessionResult whole = await _stage.RunV0Async("alice", all);
        for (int cut = 1; cut < all.Length; cut += 3)
        {
            SessionResult inTwo = await _stage.RunV0Async("alice", all[..cut], all[cut..]);
            Assert.Equal((0, ""), (inTwo.ExitCode, inTwo.Error));
            Assert.Equal(whole.HoldsPack(FakePrimary.Pack), inTwo.HoldsPack(FakePrimary.Pack));
        }

        Assert.True(whole.HoldsPack(FakePrimary.Pack));
        Assert.Equal(1, _stage.Core.Primary.Packs);
    }

    [Fact]
    public async Task Round_ThatTheNodeCannotAnswer_GoesToThePrimaryWithAllThatWasSaid()
    {
        byte[] haves = SessionStage.Lines($"have {CoreFixture.Id(7)}", "flush");
        await _stage.RunV0Async("alice", s_needs, haves);
        Assert.Equal([.. s_needs, .. haves], Assert.Single(_stage.Forwarded));
    }

    [Fact]
    public async Task Needs_ThatAreNoPktLines_AreAnsweredByAnErrPacket()
    {
        SessionResult broken = await _stage.RunV0Async("alice", "zzzzwant\n"u8.ToArray());
        Assert.Equal(128, broken.ExitCode);
        Assert.Contains("ERR waystation: the request cannot be read", broken.Text, StringComparison.Ordinal);
    }

    private static byte[] Bands()
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        GitProtocol.PktLines.Sideband.Write(buffer, GitProtocol.PktLines.Sideband.PackData, FakePrimary.Pack);
        GitProtocol.PktLines.PktLineWriter.WriteFlush(buffer);
        return buffer.WrittenSpan.ToArray();
    }
}
