using System.Text.Json.Nodes;
using Waystation.EndToEnd.Tests.Ssh;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>LFS of remotes over SSH: <c>git-lfs-authenticate</c> sends the client to the node.</summary>
public sealed class SshTests
{
    public static TheoryData<string> Ways => [SshWay.Agent, SshWay.Authority];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task PushPullAndClone_MoveTheSameBytes_AndObjectsComeOnce(string way)
    {
        await using LfsSshStation station = await LfsSshStation.StartAsync(way);
        PrimaryRepository repository = await station.Primary.Git.CreateAsync("private/media.git", new History(131) { Commits = 6 });
        LfsContent content = LfsContent.FromSeed(132, 2_000_001);
        station.Primary.Objects.Add(repository, content);
        await repository.CommitPointersAsync(new Dictionary<string, LfsContent> { ["0.bin"] = content });
        string address = station.AddressOf(repository);
        foreach (string user in (string[])["alice", "bob", "alice"])
        {
            GitClient reader = await station.ClientAsync(user);
            await reader.RunAsync("clone", "--quiet", address, "clone");
            await LfsStation.AssertHasAsync(reader.In("clone"), [content]);
        }

        Assert.Equal(content.Size, station.Primary.Requests.BytesOf(content.Oid));

        byte[] pushed = LfsClients.Bytes(133, 1_000_000);
        GitClient alice = await station.ClientAsync("alice"),
            bob = await station.ClientAsync("bob");
        await alice.RunAsync("clone", "--quiet", address, "clone");
        await bob.RunAsync("clone", "--quiet", address, "clone");
        await alice.In("clone").CommitAsync(("1.bin", pushed));
        await alice.In("clone").RunAsync("push", "--quiet", "origin", "HEAD");
        await bob.In("clone").RunAsync("pull", "--quiet");
        Assert.Equal(pushed, await bob.In("clone").FileAsync("1.bin"));
        Assert.Equal(0, station.Primary.Requests.Downloads(LfsWire.DigestOf(pushed)));
        await alice.In("clone").RunAsync("lfs", "lock", "1.bin");
        Assert.Contains("1.bin\talice", await bob.In("clone").ReadAsync("lfs", "locks"), StringComparison.Ordinal);
        await alice.In("clone").RunAsync("lfs", "unlock", "1.bin");
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task UserWithoutPermission_GetsNothing_ThoughTheObjectIsHere(string way)
    {
        await using LfsSshStation station = await LfsSshStation.StartAsync(way);
        PrimaryRepository repository = await station.Primary.Git.CreateAsync("private/media.git", new History(134) { Commits = 6 });
        LfsContent content = LfsContent.FromSeed(135, 70_000);
        station.Primary.Objects.Add(repository, content);
        await repository.CommitPointersAsync(new Dictionary<string, LfsContent> { ["0.bin"] = content });
        GitClient alice = await station.ClientAsync("alice");
        await alice.RunAsync("clone", "--quiet", station.AddressOf(repository), "clone");

        CommandResult answer = await station.AskAsync("mallory", $"git-lfs-authenticate {repository.Name} download");
        Assert.True(answer.ExitCode != 0 || JsonNode.Parse(answer.Output)!["header"] is null, answer.ToString());

        GitClient mallory = await station.ClientAsync("mallory");
        Assert.NotEqual(0, (await mallory.TryAsync("clone", station.AddressOf(repository), "clone")).ExitCode);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Clone_SurvivesAnOutage_ForWhoeverHadTheObjects(string way)
    {
        await using LfsSshStation station = await LfsSshStation.StartAsync(way, "--Primaries:0:AnswerWithin", "00:00:05");
        PrimaryRepository repository = await station.Primary.Git.CreateAsync("private/media.git", new History(140) { Commits = 6 });
        LfsContent content = LfsContent.FromSeed(141, 400_000);
        station.Primary.Objects.Add(repository, content);
        await repository.CommitPointersAsync(new Dictionary<string, LfsContent> { ["0.bin"] = content });
        GitClient alice = await station.ClientAsync("alice");
        await alice.RunAsync("clone", "--quiet", station.AddressOf(repository), "before");
        await station.StopPrimaryAsync();

        await alice.RunAsync("clone", "--quiet", station.AddressOf(repository), "during");

        await LfsStation.AssertHasAsync(alice.In("during"), [content]);
        GitClient bob = await station.ClientAsync("bob");
        Assert.NotEqual(0, (await bob.TryAsync("clone", "--quiet", station.AddressOf(repository), "during")).ExitCode);
        CommandResult answer = await station.AskAsync("bob", $"git-lfs-authenticate {repository.Name} download");
        Assert.True(answer.ExitCode != 0 || JsonNode.Parse(answer.Output)!["header"] is null, answer.ToString());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task AuthenticateAnswer_LeadsToTheNode(string way)
    {
        await using LfsSshStation station = await LfsSshStation.StartAsync(way);
        PrimaryRepository repository = await station.Primary.Git.CreateAsync("private/media.git", new History(136) { Commits = 6 });
        CommandResult answer = (await station.AskAsync("bob", $"git-lfs-authenticate {repository.Name} download")).MustSucceed();
        JsonNode told = JsonNode.Parse(answer.Output)!;
        Assert.Equal(new Uri(station.Node.Url, $"{repository.Name}/info/lfs").AbsoluteUri, (string)told["href"]!);
        Assert.Equal(way == SshWay.Agent, told["header"]?["Authorization"] is not null);
    }

    [Fact]
    public async Task PureSshTransfer_IsThePrimarysOwn()
    {
        await using LfsSshStation station = await LfsSshStation.StartAsync(SshWay.Agent);
        PrimaryRepository repository = await station.Primary.Git.CreateAsync("private/media.git", new History(137) { Commits = 6 });
        CommandResult answer = await station.AskAsync("alice", $"git-lfs-transfer {repository.Name} download");
        Assert.Equal(127, answer.ExitCode);
        Assert.Contains("ERROR: unknown command", answer.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lfs pull")]
    [InlineData("lfs locks")]
    public async Task Error_IsTheSame_AsDirect(string command)
    {
        await using LfsSshStation station = await LfsSshStation.StartAsync(SshWay.Agent);
        PrimaryRepository repository = await station.Primary.Git.CreateAsync("private/media.git", new History(138) { Commits = 6 });
        LfsContent missing = LfsContent.FromSeed(139, 70_000);
        await repository.CommitPointersAsync(new Dictionary<string, LfsContent> { ["0.bin"] = missing });
        var said = new List<(int, string)>();
        foreach (bool through in (bool[])[false, true])
        {
            GitClient bob = await (through ? station.ClientAsync("bob") : station.DirectClientAsync("bob"));
            GitClient skipping = bob with { Variables = new Dictionary<string, string>(bob.Variables) { ["GIT_LFS_SKIP_SMUDGE"] = "1" } };
            await skipping.RunAsync(
                "clone",
                "--quiet",
                through ? station.AddressOf(repository) : station.DirectAddressOf(repository),
                "clone"
            );
            using IDisposable limit = station.Primary.Users.Limit(
                "bob",
                repository,
                command == "lfs locks" ? LfsRight.None : LfsRight.Read
            );
            CommandResult result = await bob.In("clone").TryAsync(command.Split(' '));
            said.Add(
                (
                    result.ExitCode,
                    (result.Error + result.Output)
                        .Replace(station.Node.Url.Authority, "SERVER", StringComparison.Ordinal)
                        .Replace(station.Primary.Url.Authority, "SERVER", StringComparison.Ordinal)
                        .Replace(station.Node.Ssh, "SSH", StringComparison.Ordinal)
                        .Replace($"127.0.0.1:{station.Sshd.Port}", "SSH", StringComparison.Ordinal)
                )
            );
        }

        Assert.NotEqual(0, said[0].Item1);
        Assert.Equal(said[0], said[1]);
    }
}
