using Waystation.Primaries.Ssh;
using Waystation.Primaries.Ssh.Keys;
using Waystation.Primaries.Ssh.UploadPack;
using Waystation.Primaries.Tests.Ssh;
using Waystation.SshFrontend.KeyAuthorities;
using Waystation.TestKit.Servers;

namespace Waystation.SshFrontend.Tests.KeyAuthorities;

public sealed class FileKeyAuthorityTests(SshStage stage) : IClassFixture<SshStage>
{
    private readonly string _file = stage.Folder["authority-" + Path.GetRandomFileName()[..6]];

    [Fact]
    public async Task KeyByFingerprint_HasItsCredential_AndOthersHaveNone()
    {
        string fingerprint = await stage.Alice.FingerprintAsync();
        await WriteAsync($$"""[{"fingerprint":"{{fingerprint}}","username":"alice","passwordFile":"/p"}]""");

        Assert.Equal(new PrimaryCredential.HttpUser("alice", "/p"), await FindAsync(KeyQuestion.Of(SshStage.PublicKeyOf(stage.Alice))));
        Assert.Null(await FindAsync(KeyQuestion.Of(SshStage.PublicKeyOf(stage.Bob))));
    }

    [Fact]
    public async Task KeyByItsLine_HasItsCredential_WhateverItsComment()
    {
        string line = $"{SshStage.PublicKeyOf(stage.Alice)} alice@example.com";
        await WriteAsync($$"""[{"key":"{{line}}","sshKeyFile":"/k"},{"key":"{{SshStage.PublicKeyOf(stage.Bob)}}","sshKeyFile":"/l"}]""");

        Assert.Equal(new PrimaryCredential.SshKey("/k"), await FindAsync(KeyQuestion.Of(SshStage.PublicKeyOf(stage.Alice))));
        Assert.Equal(new PrimaryCredential.SshKey("/l"), await FindAsync(KeyQuestion.Of(SshStage.PublicKeyOf(stage.Bob))));
    }

    [Fact]
    public async Task Certificate_IsFoundByAuthorityAndKeyId_AndByNothingElse()
    {
        SshPublicKey authority = TestKeys.Ed25519(7);
        await WriteAsync(
            $$"""
            [{"fingerprint":"{{authority.Fingerprint}}","keyId":"carol","sshKeyFile":"/carol"},
             {"key":"{{TestKeys.Ed25519(8)}}","sshKeyFile":"/plain"}]
            """
        );

        Assert.Equal(new PrimaryCredential.SshKey("/carol"), await FindAsync(KeyQuestion.OfCertificate(authority, "carol")));
        Assert.Null(await FindAsync(KeyQuestion.OfCertificate(authority, "Carol")));
        Assert.Null(await FindAsync(KeyQuestion.OfCertificate(authority, "")));
        Assert.Null(await FindAsync(KeyQuestion.Of(authority)));
        Assert.Null(await FindAsync(KeyQuestion.OfCertificate(TestKeys.Ed25519(8), "carol")));
        Assert.Equal(new PrimaryCredential.SshKey("/plain"), await FindAsync(KeyQuestion.Of(TestKeys.Ed25519(8))));
    }

    [Fact]
    public async Task Change_HoldsAtTheNextQuestion()
    {
        var authority = new FileKeyAuthority(_file);
        await WriteAsync(EntryOf(1, "/a"));
        Assert.Equal(new PrimaryCredential.SshKey("/a"), await authority.FindAsync(TestKeys.Question(1), CancellationToken.None));

        // The same length, and perhaps within the same tick of the file system's clock.
        await WriteAsync(EntryOf(1, "/b"));
        Assert.Equal(new PrimaryCredential.SshKey("/b"), await authority.FindAsync(TestKeys.Question(1), CancellationToken.None));

        await WriteAsync("[]");
        Assert.Null(await authority.FindAsync(TestKeys.Question(1), CancellationToken.None));
    }

    [Fact]
    public async Task FileThatBreaks_LetsNobodyIn_UntilItIsMended()
    {
        var authority = new FileKeyAuthority(_file);
        await WriteAsync(EntryOf(1, "/a"));
        Assert.NotNull(await authority.FindAsync(TestKeys.Question(1), CancellationToken.None));

        foreach (string broken in new[] { "", "[", EntryOf(1, "/a")[..^1], EntryOf(1, "/a") + "]" })
        {
            await WriteAsync(broken);
            await Assert.ThrowsAsync<KeyAuthorityException>(() => authority.FindAsync(TestKeys.Question(1), CancellationToken.None));
        }

        File.Delete(_file);
        await Assert.ThrowsAsync<KeyAuthorityException>(() => authority.FindAsync(TestKeys.Question(1), CancellationToken.None));
        await WriteAsync(EntryOf(1, "/a"));
        Assert.NotNull(await authority.FindAsync(TestKeys.Question(1), CancellationToken.None));
    }

    [Theory]
    [InlineData("{}", "list")]
    [InlineData("[7]", "entry 1")]
    [InlineData("""[{"sshKeyFile":"/k"}]""", "neither")]
    [InlineData("""[{"fingerprint":"MD5:aa:bb","sshKeyFile":"/k"}]""", "ssh-keygen")]
    [InlineData("""[{"fingerprint":"SHA256:abc","sshKeyFile":"/k"}]""", "ssh-keygen")]
    [InlineData("""[{"fingerprint":"FP1"}]""", "no credential")]
    [InlineData("""[{"fingerprint":"FP1","sshKeyFile":"k"}]""", "absolute")]
    [InlineData("""[{"fingerprint":"FP1","sshKeyFile":"/k","comment":"x"}]""", "comment")]
    [InlineData("""[{"fingerprint":"FP1","sshKeyFile":"/k"},{"fingerprint":"FP1","sshKeyFile":"/l"}]""", "entry 2")]
    [InlineData("""[{"fingerprint":"FP1","sshKeyFile":"/k"},{"key":"KEY1","sshKeyFile":"/k"}]""", "same key")]
    [InlineData("""[{"fingerprint":"FP1","key":"KEY2","sshKeyFile":"/k"}]""", "different keys")]
    [InlineData("""[{"key":"ssh-ed25519 nonsense","sshKeyFile":"/k"}]""", "plain public key")]
    public async Task EntryThatCannotBeMeant_IsNamed(string json, string words)
    {
        await WriteAsync(
            json.Replace("FP1", TestKeys.Ed25519(1).Fingerprint, StringComparison.Ordinal)
                .Replace("KEY1", TestKeys.Ed25519(1).ToString(), StringComparison.Ordinal)
                .Replace("KEY2", TestKeys.Ed25519(2).ToString(), StringComparison.Ordinal)
        );

        KeyAuthorityException e = await Assert.ThrowsAsync<KeyAuthorityException>(() => FindAsync(TestKeys.Question(3)));

        Assert.Contains(words, e.Message, StringComparison.Ordinal);
        Assert.Contains(_file, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CertificateAsKey_IsNamed()
    {
        SshKey key = await SshKey.CreateAsync(stage.Folder["listed-certificate"]);
        string certificate = await key.CertifyAsync(stage.Bob, "carol", "git");
        await WriteAsync($$"""[{"key":"{{SshStage.PublicKeyOf(certificate)}}","sshKeyFile":"/k"}]""");

        KeyAuthorityException e = await Assert.ThrowsAsync<KeyAuthorityException>(() => FindAsync(TestKeys.Question()));

        Assert.Contains("keyId", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FileThatEverybodyMayWrite_LetsNobodyIn()
    {
        await WriteAsync(EntryOf(1, "/a"));
        File.SetUnixFileMode(_file, (UnixFileMode)0b110_110_110);

        KeyAuthorityException e = await Assert.ThrowsAsync<KeyAuthorityException>(() => FindAsync(TestKeys.Question(1)));

        Assert.Contains("chmod", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyFileThatIsNamed_LogsInAtThePrimary_UntilThePrimaryRefusesIt()
    {
        await WriteAsync($$"""[{"key":"{{stage.Stranger.PublicLine}}","sshKeyFile":"{{stage.Bob.PrivateFile}}"}]""");
        KeyQuestion stranger = KeyQuestion.Of(SshStage.PublicKeyOf(stage.Stranger));
        await using CachedKeyAuthority authority = new KeyAuthorityOptions { File = _file, KeepFor = TimeSpan.FromHours(1) }.Open(
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance
        );
        int before = stage.Primary.Commands.Count;
        (SshPrimaryReply accepted, _) = await AskAsync();
        Assert.True(accepted.IsAnswer);
        Assert.StartsWith("bob ", stage.Primary.Commands.Skip(before).Single(), StringComparison.Ordinal);

        // While it is kept, the file is not looked at; a refusal ends that.
        await WriteAsync($$"""[{"key":"{{stage.Stranger.PublicLine}}","sshKeyFile":"{{stage.Stranger.PrivateFile}}"}]""");
        Assert.Equal(new PrimaryCredential.SshKey(stage.Bob.PrivateFile), await authority.FindAsync(stranger, CancellationToken.None));
        authority.Forget(stranger.Fingerprint);
        (SshPrimaryReply refused, _) = await AskAsync();
        Assert.True(refused.IsRefusal);

        async Task<(SshPrimaryReply, IReadOnlyList<GitProtocol.Advertisements.RefTip>)> AskAsync()
        {
            var credential = (PrimaryCredential.SshKey)(await authority.FindAsync(stranger, CancellationToken.None))!;
            await using SshUploadPacks packs = stage.PacksOf(new SshIdentity.KeyFile(credential.Path));
            return await stage.LsRefsAsync(packs);
        }
    }

    private static string EntryOf(byte key, string file) => $$"""[{"key":"{{TestKeys.Ed25519(key)}}","sshKeyFile":"{{file}}"}]""";

    private Task WriteAsync(string json) => File.WriteAllTextAsync(_file, json);

    private Task<PrimaryCredential?> FindAsync(KeyQuestion question) =>
        new FileKeyAuthority(_file).FindAsync(question, CancellationToken.None);
}
