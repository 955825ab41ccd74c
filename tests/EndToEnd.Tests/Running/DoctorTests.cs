using System.Text.Json;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Running;

/// <summary>The doctor as an operator runs it, beside a node with every door and a farm.</summary>
public sealed class DoctorTests : IDisposable
{
    private const string Secret = "0123456789abcdef0123456789abcdef";

    private readonly TempFolder _folder = new();

    [Fact]
    public async Task HealthyNode_HasNothingWrong_WithHttpsAndSshAndRedis()
    {
        await using ApachePrimary web = await ApachePrimary.StartAsync();
        await using SshdPrimary sshd = await SshdPrimary.StartAsync(behind: web);
        await using RedisServer redis = await RedisServer.StartAsync();
        PrimaryRepository repository = await web.CreateAsync("private/doctor.git", new History(Seed: 91));
        TlsFiles tls = await TlsFiles.CreateAsync(_folder);
        SshKey key = await SshKey.CreateAsync(_folder["service-key"]);
        sshd.Admit("bob", key);
        Write("password", "bob" + ApachePrimary.PasswordSuffix);
        Write("farm-secret", Secret);
        (int https, int plain, int admin, int ssh) = (FreePort.Find(), FreePort.Find(), FreePort.Find(), FreePort.Find());
        string[] options =
        [
            "--Tls:Certificate",
            tls.Certificate,
            "--Tls:Key",
            tls.Key,
            "--Primaries:0:Tls:CaFile",
            tls.Authority,
            "--Primaries:0:Service:Username",
            "bob",
            "--Primaries:0:Service:PasswordFile",
            _folder["password"],
            "--Primaries:0:Service:SshKeyFile",
            key.PrivateFile,
            "--primary-ssh",
            $"ssh://{SshdPrimary.User}@127.0.0.1:{sshd.Port}",
            "--Primaries:0:SshKnownHosts",
            sshd.KnownHostsFile,
            "--ssh-listen",
            $"127.0.0.1:{ssh}",
            "--redis",
            redis.Address,
            "--Farm:NodeUrl",
            $"http://127.0.0.1:{plain}",
            "--Farm:AllowPlain",
            "true",
            "--Farm:SecretFile",
            _folder["farm-secret"],
        ];
        await using WaystationNode node = await WaystationNode.StartAsync(
            web.Url,
            new NodeSettings
            {
                Listen = [$"https://127.0.0.1:{https}", $"http://127.0.0.1:{plain}"],
                Admin = $"http://127.0.0.1:{admin}",
                Options = options,
            }
        );
        await node.MeetsAsync(1);

        string[] asNode =
        [
            "--primary",
            web.Url.AbsoluteUri,
            "--data",
            node.DataFolder,
            "--listen",
            $"https://127.0.0.1:{https}",
            "--listen",
            $"http://127.0.0.1:{plain}",
            "--admin",
            $"http://127.0.0.1:{admin}",
            .. options,
        ];
        CommandResult result = await DoctorAsync([.. asNode, "--repository", repository.Name, "--json"]);
        using JsonDocument report = JsonDocument.Parse(result.Output);
        JsonElement[] findings = [.. report.RootElement.GetProperty("findings").EnumerateArray()];
        string[] states = [.. findings.Select(static line => line.GetProperty("state").GetString()!).Distinct()];
        Assert.True(states.All(static state => state is "ok" or "skipped"), result.Output);
        Assert.Equal(0, result.ExitCode);
        Assert.True(report.RootElement.GetProperty("ok").GetBoolean());
        string[] good = [.. findings.Where(static line => line.GetProperty("state").GetString() == "ok").Select(Name).Distinct()];
        Assert.Superset(
            new HashSet<string>([
                "node",
                "tcp",
                "tls",
                "git",
                "credential",
                "ssh",
                "host-key",
                "sshd",
                "certificate",
                "redis",
                "peers",
                "files",
                "disk",
            ]),
            good.ToHashSet()
        );
        Assert.DoesNotContain(ApachePrimary.PasswordSuffix, result.Output, StringComparison.Ordinal);

        // From elsewhere, by a client that does not know the authority; and a repository that is not there.
        CommandResult outside = await DoctorAsync([
            "--primary",
            web.Url.AbsoluteUri,
            "--node",
            $"https://127.0.0.1:{https}",
            "--node-ssh",
            $"127.0.0.1:{ssh}",
        ]);
        Assert.Equal(1, outside.ExitCode);
        Assert.Contains("the node knows no authority that issued its certificate", outside.Output, StringComparison.Ordinal);
        Assert.Contains("ok      ssh", outside.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("disk", outside.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "Primaries:0:Url is not set")]
    [InlineData("--primary http://127.0.0.1:1 --node git.example.com", "--node git.example.com: accepted is")]
    [InlineData("--primary http://127.0.0.1:1 --config /no/such/file", "--config /no/such/file")]
    [InlineData("--primary http://127.0.0.1:1 --no-such-option", "there is no such option")]
    public async Task Usage_IsRefused_WhenThereIsNothingToLookAt(string options, string said)
    {
        CommandResult result = await DoctorAsync(options.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(said, result.Error, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
    }

    public void Dispose() => _folder.Dispose();

    private static string Name(JsonElement line) => line.GetProperty("check").GetString()!;

    private void Write(string name, string text)
    {
        File.WriteAllText(_folder[name], text + "\n");
        File.SetUnixFileMode(_folder[name], UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private Task<CommandResult> DoctorAsync(IReadOnlyList<string> options) =>
        new Command(Checkout.Program, ["doctor", .. options])
        {
            WorkingDirectory = _folder.FullPath,
            Environment = new Dictionary<string, string> { ["HOME"] = _folder.FullPath, ["DOTNET_ROOT"] = Checkout.DotnetRoot },
        }.RunAsync();
}
