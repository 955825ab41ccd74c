using System.Diagnostics;
using System.Text;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.Primaries.Loops;
using Waystation.Primaries.Ssh;
using Waystation.Primaries.Ssh.UploadPack;
using Waystation.TestKit.Servers;

namespace Waystation.Primaries.Tests.Ssh;

public sealed class SshChannelTests(SshStage stage) : IClassFixture<SshStage>
{
    [Fact]
    public async Task ReceivePack_RunsBothWays_WithItsOwnWordsAndExitCode()
    {
        await using SshChannel refused = Start(SshStage.FileOf(stage.Bob), new RemoteCommand("git-receive-pack", "public/tool.git"));
        Assert.Equal(new(SshOutcome.Ended, 1), await EndOfAsync(refused));
        Assert.Equal("ERROR: You are not allowed to push.\n", await TextOfAsync(refused.Error));

        await using SshChannel allowed = Start(SshStage.FileOf(stage.Alice), new RemoteCommand("git-receive-pack", "public/tool.git"));
        await allowed.Input.WriteAsync("0000"u8.ToArray());
        Assert.Contains("report-status", await TextOfAsync(allowed.Output), StringComparison.Ordinal);
        Assert.Equal(new(SshOutcome.Ended, 0), await EndOfAsync(allowed));
    }

    [Fact]
    public async Task LfsAuthenticate_AnswersItsJson()
    {
        await using SshChannel channel = Start(
            SshStage.FileOf(stage.Alice),
            new RemoteCommand("git-lfs-authenticate", "public/tool.git", "download")
        );

        Assert.Contains("\"operation\":\"download\"", await TextOfAsync(channel.Output), StringComparison.Ordinal);
        Assert.Equal("alice git-lfs-authenticate 'public/tool.git' download", stage.Primary.Commands[^1]);
    }

    [Theory]
    [InlineData("public/it's here!.git", "git-upload-pack 'public/it'\\''s here'\\!'.git'")]
    [InlineData("/srv/$HOME/`id`.git", "git-upload-pack '/srv/$HOME/`id`.git'")]
    [InlineData("", "git-upload-pack ''")]
    public void Path_IsQuotedAsGitDoes(string path, string command) => Assert.Equal(command, RemoteCommand.UploadPack(path).ToString());

    [Fact]
    public async Task OddPath_ReachesTheRepositoryOfThatName()
    {
        PrimaryRepository odd = await stage.Primary.CreateAsync("public/it's odd!.git", new History(3) { Commits = 2 });
        await using SshUploadPacks packs = stage.PacksOf(SshStage.FileOf(stage.Alice), "public/it's odd!.git");

        (SshPrimaryReply _, IReadOnlyList<GitProtocol.Advertisements.RefTip> tips) = await stage.LsRefsAsync(packs);

        string main = await odd.ResolveAsync("refs/heads/main");
        Assert.Contains(tips, tip => tip.Name == "refs/heads/main" && tip.Id.ToString() == main);
    }

    [Fact]
    public async Task UnknownHostKey_IsNamed_AndNothingIsAsked()
    {
        int before = stage.Primary.Commands.Count;
        string empty = stage.Folder["no-hosts"];
        await File.WriteAllTextAsync(empty, "");
        foreach (string file in new[] { empty, stage.Folder["missing"], "" })
        {
            await using SshChannel channel = Start(
                SshStage.FileOf(stage.Alice),
                RemoteCommand.UploadPack("x"),
                stage.Target with
                {
                    KnownHostsFile = file,
                }
            );
            SshExit exit = await channel.Exit;
            Assert.Equal(SshOutcome.HostKeyUnknown, exit.Outcome);
            Assert.Contains("known_hosts", exit.Message, StringComparison.Ordinal);
        }

        await using SshUploadPacks packs = stage.PacksOf(
            SshStage.FileOf(stage.Alice),
            target: stage.Target with
            {
                KnownHostsFile = empty,
            }
        );
        await Assert.ThrowsAsync<PrimaryException>(() => stage.LsRefsAsync(packs));
        Assert.Equal(before, stage.Primary.Commands.Count);
    }

    [Fact]
    public async Task ChangedHostKey_IsNamedAsThat()
    {
        SshTarget target = stage.Target with
        {
            KnownHostsFile = stage.Primary.WriteKnownHosts($"[127.0.0.1]:{stage.Primary.Port}", stage.Stranger),
        };
        await using SshChannel channel = Start(SshStage.FileOf(stage.Alice), RemoteCommand.UploadPack("x"), target);

        SshExit exit = await channel.Exit;

        Assert.Equal(SshOutcome.HostKeyChanged, exit.Outcome);
        Assert.Contains("differs from the one", exit.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddressInsteadOfTheName_StillAsksForTheKeyOfTheName()
    {
        SshTarget target = stage.Target with
        {
            Host = "git.example.com",
            Port = 22,
            ConnectHost = "127.0.0.1",
            ConnectPort = stage.Primary.Port,
            KnownHostsFile = stage.Primary.WriteKnownHosts("git.example.com"),
        };
        await using SshUploadPacks packs = stage.PacksOf(SshStage.FileOf(stage.Alice), target: target);
        Assert.NotEmpty((await stage.LsRefsAsync(packs)).Tips);

        await using SshChannel other = Start(
            SshStage.FileOf(stage.Alice),
            RemoteCommand.UploadPack("x"),
            target with
            {
                KnownHostsFile = stage.Primary.KnownHostsFile,
            }
        );
        Assert.Equal(SshOutcome.HostKeyUnknown, (await other.Exit).Outcome);
    }

    [Fact]
    public async Task PathPrefix_StandsBeforeThePath()
    {
        await using SshUploadPacks packs = stage.PacksOf(
            SshStage.FileOf(stage.Alice),
            "/tool.git",
            stage.Target with
            {
                PathPrefix = "public",
            }
        );

        Assert.NotEmpty((await stage.LsRefsAsync(packs)).Tips);
    }

    [Fact]
    public async Task PrimaryThatIsDown_IsUnreachable()
    {
        SshTarget nowhere = stage.Target with { Port = FreePort.Find() };
        await using SshChannel channel = Start(SshStage.FileOf(stage.Alice), RemoteCommand.UploadPack("x"), nowhere);
        SshExit exit = await channel.Exit;
        Assert.Equal(SshOutcome.Unreachable, exit.Outcome);
        Assert.Contains("Connection refused", exit.Message, StringComparison.Ordinal);

        await using SshUploadPacks packs = stage.PacksOf(SshStage.FileOf(stage.Alice), target: nowhere);
        await Assert.ThrowsAsync<PrimaryOutageException>(() => stage.LsRefsAsync(packs));
    }

    [Fact]
    public async Task KeyFileThatIsMissing_IsARefusal()
    {
        await using SshChannel channel = Start(new SshIdentity.KeyFile(stage.Folder["no-key"]), RemoteCommand.UploadPack("x"));

        Assert.Equal(SshOutcome.LoginRefused, (await channel.Exit).Outcome);
    }

    [Theory]
    [InlineData("relative/key")]
    [InlineData("/a\"b")]
    [InlineData("/a${HOME}")]
    [InlineData("/a\nProxyCommand=id")]
    public void PathThatTheProgramWouldReadOtherwiseThanWritten_IsRefused(string path)
    {
        string folder = stage.Folder.CreateFolder("refused");
        var client = new SshClient(folder, Microsoft.Extensions.Logging.Abstractions.NullLogger<SshClient>.Instance);

        Assert.Throws<PrimaryException>(() =>
            client.Start(
                stage.Target,
                new SshIdentity.KeyFile(path),
                RemoteCommand.UploadPack("x"),
                gitProtocol: null,
                CancellationToken.None
            )
        );
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public async Task KeyFile_MayHaveSpacesAndPercentSignsInItsPath()
    {
        string odd = Path.Combine(stage.Folder.CreateFolder("with space"), "100%h");
        File.Copy(stage.Alice.PrivateFile, odd);
        await using SshUploadPacks packs = stage.PacksOf(new SshIdentity.KeyFile(odd));

        Assert.NotEmpty((await stage.LsRefsAsync(packs)).Tips);
    }

    [Fact]
    public async Task Cancellation_EndsTheProgram_AndLeavesNothing()
    {
        using var cancel = new CancellationTokenSource();
        string folder = stage.Folder.CreateFolder("cancelled");
        var client = new SshClient(folder, Microsoft.Extensions.Logging.Abstractions.NullLogger<SshClient>.Instance);
        int before = stage.Primary.Commands.Count;
        await using (
            SshChannel channel = client.Start(
                stage.Target,
                SshStage.FileOf(stage.Alice),
                RemoteCommand.UploadPack("silent"),
                null,
                cancel.Token
            )
        )
        {
            await Eventually.TrueAsync("the command runs at the primary", () => stage.Primary.Commands.Count > before);
            Assert.NotEmpty(SshProgramsOf(folder));
            await cancel.CancelAsync();
            Assert.Equal(SshOutcome.Lost, (await channel.Exit).Outcome);
        }

        Assert.Empty(SshProgramsOf(folder));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public async Task CancelledOpening_EndsTheProgram()
    {
        using var cancel = new CancellationTokenSource();
        await using SshUploadPacks packs = stage.PacksOf(SshStage.FileOf(stage.Alice), "silent");
        int before = stage.Primary.Commands.Count;
        Task<PrimaryReply> asking = new SshPrimary(packs, default, stage.Asker).LsRefsAsync(new(), cancel.Token);
        await Eventually.TrueAsync("the command runs at the primary", () => stage.Primary.Commands.Count > before);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.DoesNotContain(SshProgramsOf(stage.Channels), static line => line.Contains("silent", StringComparison.Ordinal));
    }

    [Fact]
    public async Task NoStrayEnvironment_ReachesTheProgram()
    {
        int before = stage.Primary.Commands.Count;
        await using SshChannel channel = Start(SshStage.FileOf(stage.Alice), RemoteCommand.UploadPack("silent"));
        await Eventually.TrueAsync("the command runs at the primary", () => stage.Primary.Commands.Count > before);

        int program = Assert.Single(ProgramsOf(stage.Channels), static id => ArgumentsOf(id).Contains("silent", StringComparison.Ordinal));
        IEnumerable<string> names = File.ReadAllText($"/proc/{program}/environ")
            .Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line.Split('=')[0]);
        Assert.Equal(["LC_ALL", "PATH", NodeMark.Variable], names.Order());
    }

    private static async Task<(SshOutcome, int)> EndOfAsync(SshChannel channel)
    {
        SshExit exit = await channel.Exit;
        return (exit.Outcome, exit.Code);
    }

    private static async Task<string> TextOfAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        return await reader.ReadToEndAsync();
    }

    private static IEnumerable<string> SshProgramsOf(string folder) => ProgramsOf(folder).Select(ArgumentsOf);

    private static List<int> ProgramsOf(string folder) =>
        [
            .. Process
                .GetProcessesByName("ssh")
                .Select(static process => process.Id)
                .Where(id => ArgumentsOf(id).Contains(folder, StringComparison.Ordinal)),
        ];

    private static string ArgumentsOf(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private SshChannel Start(SshIdentity identity, RemoteCommand command, SshTarget? target = null) =>
        stage.Client.Start(target ?? stage.Target, identity, command, gitProtocol: null, CancellationToken.None);
}
