using Waystation.EndToEnd.Tests.Ssh;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>The test primaries by themselves: the real <c>git lfs</c> takes them for what they stand for, without any node.</summary>
public sealed class PrimaryTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<LfsPlace, LfsSigning, bool> Behaviours =>
        new()
        {
            { LfsPlace.OwnHost, LfsSigning.Query, false },
            { LfsPlace.OwnHost, LfsSigning.Header, true },
            { LfsPlace.OwnHost, LfsSigning.Login, true },
            { LfsPlace.StorageHost, LfsSigning.Query, true },
            { LfsPlace.StorageHost, LfsSigning.Header, false },
        };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Behaviours))]
    public async Task Objects_GoUpAndComeDown(LfsPlace place, LfsSigning signing, bool verifies)
    {
        await using LfsPrimary primary = await LfsPrimary.StartAsync(
            new LfsBehaviour
            {
                Place = place,
                Signing = signing,
                Verifies = verifies,
                HasUnknownFields = true,
            }
        );
        PrimaryRepository repository = await primary.Git.CreateAsync("private/media.git", new History(1));

        await PushAndCloneAsync(primary.UrlOf(repository, "alice"));

        Assert.Equal(verifies ? 1 : 0, primary.Requests.Served(LfsRequestKind.Verify));
        Assert.Equal(1, primary.Requests.Served(LfsRequestKind.Put));
        Assert.Equal(1, primary.Requests.Served(LfsRequestKind.Get));
        Assert.False(primary.Requests.StorageSawAuthorization);
    }

    [Fact]
    public async Task Objects_ComeDown_ThroughARedirection()
    {
        await using LfsPrimary primary = await LfsPrimary.StartAsync(new LfsBehaviour { Place = LfsPlace.Redirect });
        PrimaryRepository repository = await primary.Git.CreateAsync("private/media.git");
        LfsContent content = LfsContent.FromSeed(2, 3_000_001);
        primary.Objects.Add(repository, content);
        await repository.CommitPointersAsync(new Dictionary<string, LfsContent> { ["a.bin"] = content });
        GitClient client = new GitClient(_folder).WithLfs();

        await client.RunAsync("clone", "--quiet", primary.UrlOf(repository, "bob").AbsoluteUri, "clone");

        Assert.Equal(content.ToArray(), await client.In("clone").FileAsync("a.bin"));
        Assert.Equal(content.Size, primary.Requests.BytesOf(content.Oid));
    }

    [Fact]
    public async Task Objects_ComeDown_OverAnSshRemote()
    {
        await using LfsPrimary primary = await LfsPrimary.StartAsync();
        await using SshdPrimary sshd = await SshdPrimary.StartAsync(behind: primary.Git);
        sshd.AnswerLfsBy(primary);
        SshKey alice = await SshKey.CreateAsync(_folder["alice"]);
        sshd.Admit("alice", alice);
        PrimaryRepository repository = await primary.Git.CreateAsync("private/media.git", new History(3));
        var user = new SshUser { KnownHosts = sshd.KnownHostsFile, KeyFiles = [alice.PrivateFile] };
        GitClient client = new GitClient(_folder).WithLfs() with { Variables = user.Variables };

        await PushAndCloneAsync(client, SshStation.AddressOf($"127.0.0.1:{sshd.Port}", repository));

        Assert.True(primary.Requests.Count(LfsRequestKind.Authenticate) > 0);
    }

    [Fact]
    public async Task Locks_AreHeldAndBroken()
    {
        await using LfsPrimary primary = await LfsPrimary.StartAsync();
        PrimaryRepository repository = await primary.Git.CreateAsync("private/locked.git", new History(4));
        using IDisposable bobMayWrite = primary.Users.Limit("bob", repository, LfsRight.Write);
        GitClient client = new GitClient(_folder).WithLfs();
        foreach (string user in (string[])["alice", "bob", "mallory"])
        {
            await client.RunAsync("clone", "--quiet", primary.UrlOf(repository, user == "mallory" ? "alice" : user).AbsoluteUri, user);
        }

        await client.In("mallory").RunAsync("remote", "set-url", "origin", primary.UrlOf(repository, "mallory").AbsoluteUri);
        await client.In("alice").RunAsync("lfs", "lock", "a.bin");
        Assert.Contains("a.bin\talice", await client.In("bob").ReadAsync("lfs", "locks"), StringComparison.Ordinal);
        Assert.NotEqual(0, (await client.In("bob").TryAsync("lfs", "lock", "a.bin")).ExitCode);
        Assert.NotEqual(0, (await client.In("bob").TryAsync("lfs", "unlock", "a.bin")).ExitCode);
        Assert.NotEqual(0, (await client.In("mallory").TryAsync("lfs", "locks")).ExitCode);
        await client.In("bob").RunAsync("lfs", "unlock", "--force", "a.bin");
        Assert.Equal("", await client.In("alice").ReadAsync("lfs", "locks"));
    }

    [Fact]
    public async Task Jgit_GivesAndTakesObjects()
    {
        await using JgitLfsPrimary primary = await JgitLfsPrimary.StartAsync();
        PrimaryRepository repository = await primary.CreateAsync("private/media.git", new History(5));

        await PushAndCloneAsync(primary.UrlOf(repository, "alice"));

        GitClient client = new GitClient(_folder).WithLfs();
        Assert.NotEqual(0, (await client.TryAsync("clone", primary.UrlOf(repository, "mallory").AbsoluteUri, "mallory")).ExitCode);
    }

    private Task PushAndCloneAsync(Uri url) => PushAndCloneAsync(new GitClient(_folder).WithLfs(), url.AbsoluteUri);

    private static async Task PushAndCloneAsync(GitClient client, string url)
    {
        byte[] content = LfsClients.Bytes(seed: 1, 2_000_003);
        await client.RunAsync("clone", "--quiet", url, "writer");
        await client.In("writer").CommitAsync(("a.bin", content));
        await client.In("writer").RunAsync("push", "--quiet", "origin", "HEAD");
        await client.RunAsync("clone", "--quiet", url, "reader");
        Assert.Equal(content, await client.In("reader").FileAsync("a.bin"));
    }
}
