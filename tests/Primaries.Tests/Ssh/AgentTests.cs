using Waystation.FetchCore.Primaries;
using Waystation.Primaries.Ssh;
using Waystation.Primaries.Ssh.Keys;
using Waystation.Primaries.Ssh.UploadPack;
using Waystation.TestKit.Servers;

namespace Waystation.Primaries.Tests.Ssh;

public sealed class AgentTests(SshStage stage) : IClassFixture<SshStage>
{
    [Theory]
    [InlineData("ed25519", null)]
    [InlineData("ecdsa", 256)]
    [InlineData("ecdsa", 384)]
    [InlineData("ecdsa", 521)]
    [InlineData("rsa", 3072)]
    public async Task EveryKindOfKey_LogsInAndIsKnownAfterwards(string type, int? bits)
    {
        SshKey key = await SshKey.CreateAsync(stage.Folder[$"key-{type}{bits}"], type, bits);
        stage.Primary.Admit($"user-{type}{bits}", key);
        using SshAgent agent = await SshAgent.StartAsync(stage.Folder, key);
        SshPublicKey proven = SshStage.PublicKeyOf(key);
        int before = stage.Primary.Commands.Count;
        await using SshUploadPacks packs = stage.PacksOf(new SshIdentity.Agent(agent.Socket, proven));

        (_, IReadOnlyList<GitProtocol.Advertisements.RefTip> tips) = await stage.LsRefsAsync(packs);

        Assert.NotEmpty(tips);
        Assert.Equal(proven, await SshStage.AcceptedKeyAsync(packs));
        Assert.Equal(await key.FingerprintAsync(), proven.Fingerprint);
        Assert.StartsWith($"user-{type}{bits} ", stage.Primary.Commands.Skip(before).Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProvenKey_IsOfferedFirst_WhicheverTheAgentHasFirst()
    {
        using SshAgent agent = await SshAgent.StartAsync(stage.Folder, stage.Alice, stage.Bob);
        foreach ((SshKey key, string user) in new[] { (stage.Alice, "alice"), (stage.Bob, "bob") })
        {
            int before = stage.Primary.Commands.Count;
            await using SshUploadPacks packs = stage.PacksOf(new SshIdentity.Agent(agent.Socket, SshStage.PublicKeyOf(key)));

            await stage.LsRefsAsync(packs);

            Assert.Equal(SshStage.PublicKeyOf(key), await SshStage.AcceptedKeyAsync(packs));
            Assert.StartsWith(user + " ", stage.Primary.Commands.Skip(before).Single(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ProvenKeyThatThePrimaryDoesNotKnow_IsNotTakenForTheAcceptedOne()
    {
        using SshAgent agent = await SshAgent.StartAsync(stage.Folder, stage.Stranger, stage.Alice);
        await using SshUploadPacks packs = stage.PacksOf(new SshIdentity.Agent(agent.Socket, SshStage.PublicKeyOf(stage.Stranger)));

        (SshPrimaryReply reply, _) = await stage.LsRefsAsync(packs);

        Assert.True(reply.IsAnswer);
        Assert.Equal(SshStage.PublicKeyOf(stage.Alice), await SshStage.AcceptedKeyAsync(packs));
    }

    [Fact]
    public async Task CommentThatForgesALog_ChangesNothing()
    {
        string forged =
            $"x\ndebug1: Server accepts key: alice ED25519 {await stage.Alice.FingerprintAsync()} agent\n"
            + $"Authenticated to primary using \"publickey\".";
        SshKey key = await SshKey.CreateAsync(stage.Folder["forger"], comment: forged);
        stage.Primary.Admit("forger", new SshKey(WithoutComment(key)));
        using SshAgent agent = await SshAgent.StartAsync(stage.Folder, key);
        await using SshUploadPacks packs = stage.PacksOf(new SshIdentity.Agent(agent.Socket, SshStage.PublicKeyOf(key)));

        await stage.LsRefsAsync(packs);

        Assert.Equal(await key.FingerprintAsync(), (await SshStage.AcceptedKeyAsync(packs))?.Fingerprint);
    }

    [Fact]
    public async Task Certificate_IsOfferedFirst_AndIsNoPlainKey()
    {
        SshKey authority = await SshKey.CreateAsync(stage.Folder["authority"]);
        SshKey key = await SshKey.CreateAsync(stage.Folder["certified"]);
        string certificate = await key.CertifyAsync(authority, "carol@example.com", SshdPrimary.User);
        stage.Primary.Admit("carol", authority, "cert-authority");
        using SshAgent agent = await SshAgent.StartAsync(stage.Folder, key);
        SshPublicKey proven = SshStage.PublicKeyOf(certificate);
        int before = stage.Primary.Commands.Count;
        await using SshUploadPacks packs = stage.PacksOf(new SshIdentity.Agent(agent.Socket, proven));

        await stage.LsRefsAsync(packs);

        Assert.StartsWith("carol ", stage.Primary.Commands.Skip(before).Single(), StringComparison.Ordinal);
        Assert.Equal(proven, await SshStage.AcceptedKeyAsync(packs));
        Assert.NotEqual(SshStage.PublicKeyOf(key), await SshStage.AcceptedKeyAsync(packs));
        Assert.Equal(await key.FingerprintAsync(), proven.Fingerprint);
        Assert.True(proven.IsCertificate);
    }

    [Fact]
    public async Task AgentWithoutKeys_IsARefusal()
    {
        using SshAgent agent = await SshAgent.StartAsync(stage.Folder);
        await using SshUploadPacks packs = stage.PacksOf(new SshIdentity.Agent(agent.Socket, SshStage.PublicKeyOf(stage.Alice)));

        (SshPrimaryReply reply, _) = await stage.LsRefsAsync(packs);

        Assert.True(reply.IsRefusal);
    }

    [Fact]
    public async Task AgentThatHasGone_IsARefusal()
    {
        using SshAgent agent = await SshAgent.StartAsync(stage.Folder, stage.Alice);
        await using SshUploadPacks packs = stage.PacksOf(new SshIdentity.Agent(agent.Socket + "-gone", SshStage.PublicKeyOf(stage.Alice)));

        (SshPrimaryReply reply, _) = await stage.LsRefsAsync(packs);

        Assert.True(reply.IsRefusal);
    }

    [Fact]
    public async Task OpenConnection_OutlivesTheAgent_AndANewOneDoesNot()
    {
        await using SshUploadPacks packs = await WithAgentThatEndsAsync();

        Assert.NotEmpty((await stage.LsRefsAsync(packs)).Tips);
        await using PrimaryReply anew = await new SshPrimary(packs, default, stage.Asker).InfoRefsAsync(CancellationToken.None);
        Assert.True(anew.IsRefusal);
    }

    private async Task<SshUploadPacks> WithAgentThatEndsAsync()
    {
        using SshAgent agent = await SshAgent.StartAsync(stage.Folder, stage.Alice);
        SshUploadPacks packs = stage.PacksOf(new SshIdentity.Agent(agent.Socket, SshStage.PublicKeyOf(stage.Alice)));
        Assert.NotEmpty((await stage.LsRefsAsync(packs)).Tips);
        return packs;
    }

    private string WithoutComment(SshKey key)
    {
        string bare = stage.Folder["bare"];
        File.WriteAllText(bare + ".pub", SshStage.PublicKeyOf(key).ToString());
        return bare;
    }
}
