using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.Primaries.Ssh.UploadPack;
using Waystation.TestKit.Servers;

namespace Waystation.Primaries.Tests.Ssh;

/// <summary>Each test cuts connections, so each has a primary of its own.</summary>
public sealed class BrokenConnectionTests : IAsyncLifetime
{
    private readonly SshStage _stage = new();

    public Task InitializeAsync() => _stage.InitializeAsync();

    public Task DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public async Task CutInTheMiddleOfAnAnswer_EndsTheBodyWithoutItsEnd()
    {
        PrimaryRepository large = await _stage.Primary.CreateAsync(
            "public/large.git",
            new History(4) { Commits = 3, IncompressibleBytes = 8 << 20 }
        );
        string tip = await large.ResolveAsync("refs/heads/main");
        await using SshUploadPacks packs = _stage.PacksOf(SshStage.FileOf(_stage.Alice), "public/large.git");
        using PackGate gate = large.HoldPacks(afterBytes: 1 << 20);
        var primary = new SshPrimary(packs, SshStage.CommandOf(SshStage.CloneOf(tip)), _stage.Asker);
        await using (PrimaryReply reply = await primary.FetchAsync(CancellationToken.None))
        {
            await gate.ReachedAsync();
            _stage.Primary.KillConnections();
            byte[] answer = await SshStage.ReadAllAsync(reply.Body);
            Assert.False(answer.AsSpan().EndsWith("0000"u8));
        }

        Assert.NotEmpty((await _stage.LsRefsAsync(packs)).Tips);
    }

    [Fact]
    public async Task IdleConnectionThatWasCut_IsReplacedForOurOwnQuestions()
    {
        await using SshUploadPacks packs = _stage.PacksOf(SshStage.FileOf(_stage.Alice));
        await _stage.LsRefsAsync(packs);
        _stage.Primary.KillConnections();

        Assert.NotEmpty((await _stage.LsRefsAsync(packs)).Tips);
        Assert.Equal(2, _stage.Primary.Commands.Count);
    }

    [Fact]
    public async Task KeyThatWasWithdrawn_IsRefusedByTheNextConnection()
    {
        await using SshUploadPacks packs = _stage.PacksOf(SshStage.FileOf(_stage.Alice));
        await _stage.LsRefsAsync(packs);
        _stage.Primary.AdmitNobody();

        await using PrimaryReply reply = await new SshPrimary(packs, default, _stage.Asker).InfoRefsAsync(CancellationToken.None);

        Assert.True(reply.IsRefusal);
    }

    [Fact]
    public async Task ServerThatEnds_IsUnreachable_AndBackWhenItIs()
    {
        await using SshUploadPacks packs = _stage.PacksOf(SshStage.FileOf(_stage.Alice));
        await _stage.LsRefsAsync(packs);
        _stage.Primary.Stop();
        await Assert.ThrowsAsync<PrimaryOutageException>(() => _stage.LsRefsAsync(packs));

        await _stage.Primary.StartAgainAsync();

        Assert.NotEmpty((await _stage.LsRefsAsync(packs)).Tips);
    }

    [Fact]
    public async Task AnswerMayOutliveItsSession_AndClosesItsConnection()
    {
        string tip = await _stage.Repository.ResolveAsync("refs/heads/main");
        SshUploadPacks packs = _stage.PacksOf(SshStage.FileOf(_stage.Alice));
        var primary = new SshPrimary(packs, SshStage.CommandOf(SshStage.CloneOf(tip)), _stage.Asker);
        await using (PrimaryReply reply = await primary.FetchAsync(CancellationToken.None))
        {
            await packs.DisposeAsync();
            Assert.True((await SshStage.ReadAllAsync(reply.Body)).AsSpan().EndsWith("0000"u8));
        }

        await Eventually.TrueAsync("the connection is closed", () => _stage.Primary.Connections == 0);
        await Assert.ThrowsAsync<PrimaryException>(() => primary.FetchAsync(CancellationToken.None));
    }
}
