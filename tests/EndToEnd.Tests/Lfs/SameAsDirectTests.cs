using System.Globalization;
using System.Text.RegularExpressions;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>The same commands straight at the primary and through the node: same bytes, exit codes and messages.</summary>
public sealed partial class SameAsDirectTests(LfsStation station) : IClassFixture<LfsStation>, IAsyncLifetime
{
    public Task InitializeAsync()
    {
        station.Primary.Behaviour = new LfsBehaviour();
        station.Primary.Set(LfsFault.None);
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => InitializeAsync();

    public static TheoryData<LfsPlace, LfsSigning, bool> Behaviours => PrimaryTests.Behaviours;

    [Theory]
    [MemberData(nameof(Behaviours))]
    public async Task PushPullAndClone_MoveTheSameBytes(LfsPlace place, LfsSigning signing, bool verifies)
    {
        station.Primary.Behaviour = new LfsBehaviour
        {
            Place = place,
            Signing = signing,
            Verifies = verifies,
            SaysExpiresAt = verifies,
        };
        foreach ((string writers, string readers) in new[] { ("node", "primary"), ("primary", "node"), ("node", "node") })
        {
            PrimaryRepository repository = await station.CreateAsync();
            byte[] first = LfsClients.Bytes(Random.Shared.Next(), 1_000_001),
                second = LfsClients.Bytes(Random.Shared.Next(), 10);
            GitClient client = station.Client();
            string writer = station.NewName(),
                reader = station.NewName();
            await client.RunAsync("clone", "--quiet", UrlOf(writers, repository, "alice"), writer);
            await client.In(writer).CommitAsync(("0.bin", first));
            await client.In(writer).RunAsync("push", "--quiet", "origin", "HEAD");
            await client.RunAsync("clone", "--quiet", UrlOf(readers, repository, "bob"), reader);
            Assert.Equal(first, await client.In(reader).FileAsync("0.bin"));
            await client.In(writer).CommitAsync(("0.bin", second), ("1.bin", first));
            await client.In(writer).RunAsync("push", "--quiet", "origin", "HEAD");
            await client.In(reader).RunAsync("pull", "--quiet");
            Assert.Equal(second, await client.In(reader).FileAsync("0.bin"));
            await client.In(reader).RunAsync("lfs", "fsck");
        }
    }

    [Fact]
    public async Task Locks_AreTheSame()
    {
        var said = new List<string>();
        foreach (string way in (string[])["primary", "node"])
        {
            PrimaryRepository repository = await station.CreateAsync();
            using IDisposable bobMayWrite = station.Primary.Users.Limit("bob", repository, LfsRight.Write);
            GitClient client = station.Client();
            string alice = station.NewName(),
                bob = station.NewName();
            await client.RunAsync("clone", "--quiet", UrlOf(way, repository, "alice"), alice);
            await client.RunAsync("clone", "--quiet", UrlOf(way, repository, "bob"), bob);
            var results = new List<CommandResult>
            {
                await client.In(alice).TryAsync("lfs", "lock", "a.bin"),
                await client.In(bob).TryAsync("lfs", "lock", "a.bin"),
                await client.In(bob).TryAsync("lfs", "locks", "--verify"),
                await client.In(bob).TryAsync("lfs", "unlock", "a.bin"),
                await client.In(bob).TryAsync("lfs", "unlock", "--force", "a.bin"),
                await client.In(alice).TryAsync("lfs", "unlock", "a.bin"),
                await client.In(alice).TryAsync("lfs", "lock", "b.bin"),
                await client.In(alice).TryAsync("lfs", "unlock", "b.bin"),
                await client.In(alice).TryAsync("lfs", "locks"),
            };
            said.Add(string.Join('\n', results.Select(result => Plain(result, repository))));
        }

        Assert.Equal(Numberless(said[0]), Numberless(said[1]));
    }

    [Fact]
    public async Task LockedFile_IsNotPushed()
    {
        PrimaryRepository repository = await station.CreateAsync();
        using IDisposable bobMayWrite = station.Primary.Users.Limit("bob", repository, LfsRight.Write);
        GitClient client = station.Client();
        string alice = station.NewName(),
            bob = station.NewName();
        await client.RunAsync("clone", "--quiet", UrlOf("node", repository, "alice"), alice);
        await client.RunAsync("clone", "--quiet", UrlOf("node", repository, "bob"), bob);
        await client.In(bob).RunAsync("lfs", "lock", "a.bin");
        await client.In(alice).CommitAsync(("a.bin", LfsClients.Bytes(1, 1000)));
        CommandResult push = await client.In(alice).With("lfs.locksverify=true").TryAsync("push", "origin", "HEAD");
        Assert.NotEqual(0, push.ExitCode);
        Assert.Contains("Cannot update locked files.", push.Error, StringComparison.Ordinal);
    }

    public static TheoryData<string> Troubles =>
        ["missing", "mallory", "eve", "batch 403", "batch 404", "batch 422", "get 403", "get 404", "get 410", "get 422", "get 500"];

    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task Error_IsTheSame(string trouble)
    {
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), 70_000);
        PrimaryRepository repository = await station.CreateAsync(content);
        GitClient client = station.Client();
        var said = new List<string>();
        foreach (string way in (string[])["primary", "node"])
        {
            station.Primary.Set(LfsFault.None);
            string name = station.NewName();
            await (client with { Variables = new Dictionary<string, string> { ["GIT_LFS_SKIP_SMUDGE"] = "1" } }).RunAsync(
                "clone",
                "--quiet",
                UrlOf(way, repository, "alice"),
                name
            );
            Prepare(trouble, repository, content);
            GitClient clone = client.In(name);
            if (trouble is "mallory" or "eve")
            {
                await clone.RunAsync("remote", "set-url", "origin", UrlOf(way, repository, trouble));
            }

            said.Add(Plain(await clone.TryAsync("lfs", "pull"), repository));
        }

        Assert.Equal(said[0], said[1]);
    }

    private void Prepare(string trouble, PrimaryRepository repository, LfsContent content)
    {
        if (trouble == "missing")
        {
            station.Primary.Objects.Remove(repository, content.Oid);
        }
        else if (trouble.Split(' ') is [var kind, var status])
        {
            station.Primary.Set(
                LfsFault.Answers(
                    int.Parse(status, CultureInfo.InvariantCulture),
                    kind == "batch" ? LfsRequestKind.Batch : LfsRequestKind.Get
                )
            );
        }
    }

    private string UrlOf(string way, PrimaryRepository repository, string user) =>
        (way == "node" ? station.Node.UrlOf(repository, user) : station.Primary.UrlOf(repository, user)).AbsoluteUri;

    /// <summary>What a command said and how it ended, without the names by which the ways differ.</summary>
    private string Plain(CommandResult result, PrimaryRepository repository)
    {
        string text = $"{result.ExitCode}\n{result.Output}\n{result.Error}";
        text = text.Replace(station.Node.Url.Authority, "SERVER", StringComparison.Ordinal)
            .Replace(station.Primary.Url.Authority, "SERVER", StringComparison.Ordinal)
            .Replace(repository.Name, "REPOSITORY", StringComparison.Ordinal);
        return ObjectUrl().Replace(text, "OBJECT");
    }

    private static string Numberless(string text) => Number().Replace(text, "N");

    [GeneratedRegex(@"http://SERVER/(\.waystation/lfs|REPOSITORY/info/lfs/objects)/\S+", RegexOptions.ExplicitCapture)]
    private static partial Regex ObjectUrl();

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Number();
}
