using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Snapshots;

/// <summary><c>waystation-clone</c> leaves what <c>git clone</c> leaves, from a snapshot where there is one.</summary>
public sealed class SnapshotCloneTests(SnapshotStation station) : IClassFixture<SnapshotStation>, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("sha1")]
    [InlineData("sha256")]
    public async Task Clone_IsThatOfGit(string objectFormat)
    {
        GitClient client = new(_folder);
        PrimaryRepository repository = await station.NewMirroredAsync(client, new History(Seed: 501), objectFormat: objectFormat);
        await Eventually.TrueAsync(
            "there is a bitmap to send as well",
            () => station.Node.Log.Contains($"{repository.Name}: upkeep: rolled up and indexed", StringComparison.Ordinal)
        );
        int packs = repository.PacksMade;
        string url = station.Node.UrlOf(repository).AbsoluteUri;

        await SnapshotStation.CloneFromSnapshotAsync(client, "--fsck", url, "snapshot");
        Assert.Equal(packs, repository.PacksMade);
        await client.RunAsync("clone", "--quiet", url, "git");
        await AssertSameAsync(client, "git", "snapshot");
        await client.In("snapshot").RunAsync("fetch", "--quiet");

        // It is a repository of its own.
        Assert.False(File.Exists(Path.Combine(_folder["snapshot"], ".git", "objects", "info", "alternates")));
        await client.In("snapshot").RunAsync("repack", "-a", "-d", "--quiet");
        await client.In("snapshot").RunAsync("fsck", "--strict");
    }

    [Theory]
    [InlineData("--branch", "topic/2")]
    [InlineData("--no-checkout", "--single-branch", "--no-tags")]
    [InlineData("--bare")]
    [InlineData("--mirror")]
    [InlineData("--origin=upstream", "-c", "core.autocrlf=input", "--config", "my.word=two words")]
    public async Task Clone_TakesTheOptionsOfGit(params string[] options)
    {
        GitClient client = new(_folder);
        PrimaryRepository repository = await station.NewMirroredAsync(client, new History(Seed: 502));
        string url = station.Node.UrlOf(repository).AbsoluteUri;

        await SnapshotStation.CloneFromSnapshotAsync(client, [.. options, url, "deep/snapshot/"]);
        await client.RunAsync(["clone", "--quiet", .. options, url, "git"]);
        await AssertSameAsync(client, "git", "deep/snapshot", areAllWanted: !options.Contains("--single-branch"));
    }

    [Fact]
    public async Task Clone_NamesTheFolderAsGitDoes_AndHasWhatWasJustPushed()
    {
        GitClient client = new(_folder);
        PrimaryRepository repository = await station.NewMirroredAsync(client, new History(Seed: 503));
        string tip = await repository.CommitAsync();
        await repository.GitAsync("update-ref", "refs/heads/new", tip);
        string url = station.Node.UrlOf(repository).AbsoluteUri;

        await SnapshotStation.CloneFromSnapshotAsync(client, url);
        string name = Path.GetFileNameWithoutExtension(repository.Name);
        Assert.Equal(tip, await client.In(name).ReadAsync("rev-parse", "origin/new"));
        await client.RunAsync("clone", "--quiet", url, "git");
        await AssertSameAsync(client, "git", name);
    }

    [Theory]
    [InlineData("url")]
    [InlineData("header")]
    [InlineData("helper")]
    [InlineData("netrc")]
    public async Task Clone_SendsTheCredentialThatGitSends(string way)
    {
        GitClient client = new(_folder);
        PrimaryRepository repository = await station.NewMirroredAsync(client, new History(Seed: 504), "private", "alice");
        string login = Convert.ToBase64String(Encoding.ASCII.GetBytes("alice:alice-secret"));
        string url = station.Node.UrlOf(repository, way == "url" ? "alice" : null).AbsoluteUri;
        if (way == "netrc")
        {
            await File.WriteAllTextAsync(_folder["home/.netrc"], "machine 127.0.0.1 login alice password alice-secret\n");
        }

        await SnapshotStation.CloneFromSnapshotAsync(
            client,
            [
                .. way switch
                {
                    "header" => (string[])["-c", $"http.extraHeader=Authorization: Basic {login}"],
                    "helper" => ["-c", "credential.helper=!f() { echo username=alice; echo password=alice-secret; }; f"],
                    _ => [],
                },
                url,
                "snapshot",
            ]
        );
        await client.RunAsync("clone", "--quiet", station.Node.UrlOf(repository, "alice").AbsoluteUri, "git");
        Assert.Equal(await CloneState.OfAsync(client.In("git")), await CloneState.OfAsync(client.In("snapshot")));
    }

    [Fact]
    public async Task Clone_IsRefusedByThePrimary_ForWhoMayNotRead()
    {
        GitClient client = new(_folder);
        PrimaryRepository repository = await station.NewMirroredAsync(client, new History(Seed: 505), "private", "alice");
        foreach (string? user in (string?[])[null, "mallory"])
        {
            string url = station.Node.UrlOf(repository, user).AbsoluteUri;
            CommandResult refused = await SnapshotStation.Clone(client, url, "refused").RunAsync();
            CommandResult direct = await client.TryAsync("clone", url, "refused");
            Assert.Equal(direct.ExitCode, refused.ExitCode);
            Assert.Contains(direct.Error.Split('\n')[^2], refused.Error, StringComparison.Ordinal);
            Assert.False(Directory.Exists(_folder["refused"]));
        }
    }

    [Fact]
    public async Task Clone_IsGitsOwn_WhereThereIsNoSnapshot()
    {
        GitClient client = new(_folder);
        PrimaryRepository repository = await station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git", new History(Seed: 506));
        string url = station.Node.UrlOf(repository).AbsoluteUri;
        CommandResult cold = await SnapshotStation.CloneInsteadAsync(client, url, "cold");
        Assert.Contains("the node gave no snapshot", cold.Error, StringComparison.Ordinal);

        CommandResult shallow = await SnapshotStation.CloneInsteadAsync(client, "--depth", "1", url, "shallow");
        Assert.Contains("no snapshot for --depth", shallow.Error, StringComparison.Ordinal);
        Assert.Equal("true", await client.In("shallow").ReadAsync("rev-parse", "--is-shallow-repository"));

        CommandResult local = await SnapshotStation.CloneInsteadAsync(client, repository.Folder, "local");
        Assert.Contains("only HTTP has snapshots", local.Error, StringComparison.Ordinal);

        // By url.*.insteadOf this is one over SSH.
        CommandResult ssh = await SnapshotStation
            .Clone(client, "-c", "url.ssh://git@127.0.0.1:9/.insteadOf=here:", "here:team/tool.git", "ssh")
            .RunAsync();
        Assert.Equal(128, ssh.ExitCode);
        Assert.Contains("only HTTP has snapshots", ssh.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clone_IsGitsOwn_WhenTheConnectionBreaksInTheMiddle()
    {
        GitClient client = new(_folder);
        PrimaryRepository repository = await station.NewMirroredAsync(client, new History(Seed: 507) { IncompressibleBytes = 4 << 20 });
        await using FaultyRelay relay = FaultyRelay.Start(station.Node.Url);
        foreach (FaultKind kind in (FaultKind[])[FaultKind.Reset, FaultKind.ShortOfLength])
        {
            relay.Set(new Fault(kind) { Concerns = static request => request.Target.Contains("/snapshot/", StringComparison.Ordinal) });
            await SnapshotStation.CloneInsteadAsync(client, new Uri(relay.Url, repository.Name).AbsoluteUri, kind.ToString());
        }

        relay.Set(Fault.None);
        await SnapshotStation.CloneFromSnapshotAsync(client, new Uri(relay.Url, repository.Name).AbsoluteUri, "snapshot");
        CloneState expected = await CloneState.OfAsync(client.In("snapshot"));
        Assert.Equal(expected, await CloneState.OfAsync(client.In(nameof(FaultKind.Reset))));
        Assert.Equal(expected, await CloneState.OfAsync(client.In(nameof(FaultKind.ShortOfLength))));
    }

    /// <summary>State and configuration agree, but for the URL's own place.</summary>
    private static async Task AssertSameAsync(GitClient client, string expected, string actual, bool areAllWanted = true)
    {
        CloneState git = await CloneState.OfAsync(client.In(expected)),
            snapshot = await CloneState.OfAsync(client.In(actual));
        // What was not asked for lies in the packs all the same.
        Assert.Equal(areAllWanted ? git : git with { Objects = "" }, areAllWanted ? snapshot : snapshot with { Objects = "" });
        Assert.Equal(await ConfigurationAsync(expected), await ConfigurationAsync(actual));

        async Task<string> ConfigurationAsync(string clone) =>
            await client.In(clone).ReadAsync("config", "--local", "--list")
            + await client.In(clone).ReadAsync("reflog", "--all", "--format=%H %gD");
    }
}
