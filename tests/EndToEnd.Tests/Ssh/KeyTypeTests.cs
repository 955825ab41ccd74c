using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>Every kind of key that OpenSSH makes without a token, at both doors: ours and the primary's.</summary>
public sealed class KeyTypeTests(SshStation station) : IClassFixture<SshStation>
{
    [Theory]
    [InlineData("ed25519", null)]
    [InlineData("ecdsa", 256)]
    [InlineData("ecdsa", 384)]
    [InlineData("ecdsa", 521)]
    [InlineData("rsa", 3072)]
    public async Task AnyKey_ClonesFetchesAndPushes(string type, int? bits)
    {
        string name = $"{type}{bits}";
        SshKey key = await SshKey.CreateAsync(station.Folder[name], type, bits);
        station.Sshd.Admit("alice", key);
        using SshPerson person = await station.PersonAsync(key);
        await CloneFetchAndPushAsync(person, name);
    }

    [Fact]
    public async Task Certificate_ClonesFetchesAndPushes()
    {
        SshKey authority = await SshKey.CreateAsync(station.Folder["authority"]);
        SshKey key = await SshKey.CreateAsync(station.Folder["certified"]);
        await key.CertifyAsync(authority, "alice@example.com", Environment.UserName);
        station.Sshd.Admit("alice", authority, "cert-authority,restrict");
        using SshPerson person = await station.PersonAsync(key);
        await CloneFetchAndPushAsync(person, "certificate");
    }

    private async Task CloneFetchAndPushAsync(SshPerson person, string name)
    {
        PrimaryRepository repository = await station.Web.CreateAsync($"private/{name}.git", new History(21));

        await person.Git.RunAsync("clone", "--quiet", station.AddressOf(repository), "clone");
        GitClient clone = person.Git.In("clone");
        string tip = await repository.CommitAsync();
        await clone.RunAsync("pull", "--quiet");
        Assert.Equal(tip, await clone.ReadAsync("rev-parse", "HEAD"));

        await clone.RunAsync("commit", "--quiet", "--allow-empty", "--message", "By a key of this kind");
        await clone.RunAsync("push", "--quiet");
        Assert.Equal(await clone.ReadAsync("rev-parse", "HEAD"), await repository.ResolveAsync("refs/heads/main"));
    }
}
