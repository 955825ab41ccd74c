using System.Text;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Requests;
using Waystation.Primaries.Ssh.UploadPack;
using Waystation.TestKit.Servers;

namespace Waystation.Primaries.Tests.Ssh;

public sealed class SshPrimaryTests(SshStage stage) : IClassFixture<SshStage>
{
    [Fact]
    public async Task LsRefs_ShowsWhatThePrimaryHas()
    {
        await using SshUploadPacks packs = stage.PacksOf(SshStage.FileOf(stage.Alice));

        (SshPrimaryReply reply, IReadOnlyList<RefTip> tips) = await stage.LsRefsAsync(packs);

        Assert.True(reply.IsAnswer);
        string all = (await stage.Repository.GitAsync("for-each-ref", "--format=%(objectname) %(refname)")).Output;
        Assert.Equal(
            all.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(),
            tips.Where(static tip => tip.Name != "HEAD").Select(static tip => $"{tip.Id} {tip.Name}").Order()
        );
    }

    [Fact]
    public async Task Fetch_BringsTheAnswerOfThePrimaryToItsEnd()
    {
        string tip = await stage.Repository.ResolveAsync("refs/heads/main");
        await using SshUploadPacks packs = stage.PacksOf(SshStage.FileOf(stage.Alice));
        var primary = new SshPrimary(packs, SshStage.CommandOf(SshStage.CloneOf(tip)), stage.Asker);

        await using PrimaryReply reply = await primary.FetchAsync(CancellationToken.None);

        byte[] answer = await SshStage.ReadAllAsync(reply.Body);
        Assert.StartsWith("000dpackfile\n", Encoding.Latin1.GetString(answer), StringComparison.Ordinal);
        Assert.EndsWith("0000", Encoding.Latin1.GetString(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneConnection_ServesManyCommands()
    {
        string tip = await stage.Repository.ResolveAsync("refs/heads/main");
        int before = stage.Primary.Commands.Count;
        await using SshUploadPacks packs = stage.PacksOf(SshStage.FileOf(stage.Alice));
        await stage.LsRefsAsync(packs);
        await stage.LsRefsAsync(packs);
        var primary = new SshPrimary(packs, default, stage.Asker);
        for (int i = 0; i < 2; i++)
        {
            await using PrimaryReply reply = await primary.SyncAsync(SshStage.CloneOf(tip), ResponseFraming.V2, CancellationToken.None);
            Assert.EndsWith("0000", Encoding.Latin1.GetString(await SshStage.ReadAllAsync(reply.Body)), StringComparison.Ordinal);
        }

        Assert.Equal(["alice git-upload-pack 'public/tool.git'"], stage.Primary.Commands.Skip(before));
    }

    [Fact]
    public async Task AnswerLeftUnreadInItsLastBuffer_StillLeavesTheConnectionForTheNext()
    {
        int before = stage.Primary.Commands.Count;
        await using SshUploadPacks packs = stage.PacksOf(SshStage.FileOf(stage.Alice));
        var primary = new SshPrimary(packs, default, stage.Asker);
        await using (
            PrimaryReply reply = await primary.LsRefsAsync(new LsRefsRequest { RefPrefixes = ["refs/heads/main"] }, CancellationToken.None)
        )
        {
            _ = await reply.Body.ReadAsync();
        }

        Assert.NotEmpty((await stage.LsRefsAsync(packs)).Tips);
        Assert.Single(stage.Primary.Commands.Skip(before));
    }

    [Fact]
    public async Task TwoAnswersAtATime_HaveAConnectionEach()
    {
        int before = stage.Primary.Commands.Count;
        await using SshUploadPacks packs = stage.PacksOf(SshStage.FileOf(stage.Alice));
        var primary = new SshPrimary(packs, default, stage.Asker);
        await using PrimaryReply first = await primary.LsRefsAsync(new LsRefsRequest(), CancellationToken.None);
        await using PrimaryReply second = await primary.LsRefsAsync(new LsRefsRequest(), CancellationToken.None);

        Assert.Equal(await SshStage.ReadAllAsync(first.Body), await SshStage.ReadAllAsync(second.Body));
        Assert.Equal(2, stage.Primary.Commands.Skip(before).Count());
    }

    [Fact]
    public async Task InfoRefs_AsksAnewEachTime()
    {
        int before = stage.Primary.Commands.Count;
        await using SshUploadPacks packs = stage.PacksOf(SshStage.FileOf(stage.Alice));
        var primary = new SshPrimary(packs, default, stage.Asker);
        for (int i = 0; i < 2; i++)
        {
            await using PrimaryReply reply = await primary.InfoRefsAsync(CancellationToken.None);
            var reader = new InfoRefsReader();
            reader.Read(await SshStage.ReadAllAsync(reply.Body));
            Assert.True(reader.IsComplete);
            Assert.Equal(2, reader.Version);
        }

        Assert.Equal(2, stage.Primary.Commands.Skip(before).Count());
    }

    [Fact]
    public async Task Sha256_IsSaidAndAnswered()
    {
        await stage.Primary.CreateAsync("public/new-hash.git", new History(9) { Commits = 3 }, "sha256");
        await using SshUploadPacks packs = stage.PacksOf(SshStage.FileOf(stage.Alice), "public/new-hash.git");

        Assert.All(
            (await stage.LsRefsAsync(packs, GitProtocol.Objects.ObjectFormat.Sha256)).Tips,
            static tip => Assert.Equal(64, tip.Id.ToString().Length)
        );
    }

    [Fact]
    public async Task RefusedUser_IsTold_ByTheWordsOfThePrimary()
    {
        await using SshUploadPacks packs = stage.PacksOf(SshStage.FileOf(stage.Mallory), "private/plans.git");

        (SshPrimaryReply reply, IReadOnlyList<RefTip> tips) = await stage.LsRefsAsync(packs);

        Assert.True(reply.IsRefusal);
        Assert.False(reply.IsAnswer);
        Assert.Equal("ERROR: Repository not found.\n", reply.ErrorText);
        Assert.Equal(1, reply.ExitCode);
        Assert.Empty(tips);
    }

    [Fact]
    public async Task KeyThatThePrimaryDoesNotTake_IsARefusal()
    {
        await using SshUploadPacks packs = stage.PacksOf(SshStage.FileOf(stage.Stranger));

        (SshPrimaryReply reply, _) = await stage.LsRefsAsync(packs);

        Assert.True(reply.IsRefusal);
        Assert.Contains("none of the SSH keys", reply.ErrorText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("err-denied", true)]
    [InlineData("err-busy", false)]
    public async Task ErrPacket_IsHandedOn_AndIsARefusalOnlyIfItSaysSo(string path, bool isRefusal)
    {
        await using SshUploadPacks packs = stage.PacksOf(SshStage.FileOf(stage.Alice), path);
        var primary = new SshPrimary(packs, default, stage.Asker);

        await using PrimaryReply reply = await primary.LsRefsAsync(new LsRefsRequest(), CancellationToken.None);

        Assert.False(reply.IsAnswer);
        Assert.Equal(isRefusal, reply.IsRefusal);
        Assert.StartsWith("ERR ", Encoding.UTF8.GetString(await SshStage.ReadAllAsync(reply.Body))[4..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task WantThatThePrimaryRefuses_IsHandedOnAsItsErrPacket()
    {
        FetchRequest request = SshStage.CloneOf(new string('1', 40));
        await using SshUploadPacks packs = stage.PacksOf(SshStage.FileOf(stage.Alice));
        var primary = new SshPrimary(packs, SshStage.CommandOf(request), stage.Asker);

        await using PrimaryReply reply = await primary.FetchAsync(CancellationToken.None);

        Assert.False(reply.IsAnswer);
        Assert.False(reply.IsRefusal);
        Assert.Contains("not our ref", Encoding.UTF8.GetString(await SshStage.ReadAllAsync(reply.Body)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("dies")]
    public async Task PrimaryThatSpeaksNoGit_IsAFailure(string path)
    {
        await using SshUploadPacks packs = stage.PacksOf(SshStage.FileOf(stage.Alice), path);

        await Assert.ThrowsAsync<PrimaryException>(() => stage.LsRefsAsync(packs));
    }

    [Fact]
    public async Task OldPrimary_IsNamedAsOne()
    {
        await using SshdPrimary old = await SshdPrimary.StartAsync(acceptsProtocol: false);
        await old.CreateAsync("public/tool.git", new History(1) { Commits = 2 });
        old.Admit("alice", stage.Alice);
        await using SshUploadPacks packs = stage.PacksOf(
            SshStage.FileOf(stage.Alice),
            target: stage.Target with
            {
                Port = old.Port,
                KnownHostsFile = old.KnownHostsFile,
            }
        );

        PrimaryException e = await Assert.ThrowsAsync<PrimaryException>(() => stage.LsRefsAsync(packs));

        Assert.Contains("GIT_PROTOCOL", e.Message, StringComparison.Ordinal);
    }
}
