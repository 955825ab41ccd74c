using System.Diagnostics;
using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Running;

/// <summary>What <c>init</c> writes starts a node as it is, and a second run changes it.</summary>
public sealed class InitTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, string> _environment;

    public InitTests() => _environment = new() { ["HOME"] = _folder.FullPath, ["DOTNET_ROOT"] = Checkout.DotnetRoot };

    [Fact]
    public async Task WrittenFile_StartsANode_AndASecondRunChangesThePrimary()
    {
        await using ApachePrimary first = await ApachePrimary.StartAsync();
        await using ApachePrimary second = await ApachePrimary.StartAsync();
        PrimaryRepository one = await first.CreateAsync("public/one.git", new History(Seed: 92));
        PrimaryRepository two = await second.CreateAsync("public/two.git", new History(Seed: 93));
        string config = _folder["waystation.json"];
        string listen = $"http://127.0.0.1:{FreePort.Find()}";
        string admin = $"http://127.0.0.1:{FreePort.Find()}";

        CommandResult written = await InitAsync(
            "bob" + ApachePrimary.PasswordSuffix,
            [
                "--primary",
                first.Url.AbsoluteUri,
                "--data",
                _folder["data"],
                "--listen",
                listen,
                "--admin",
                admin,
                "--Primaries:0:Service:Username",
                "bob",
                "--password-stdin",
            ]
        );
        Assert.True(written.ExitCode == 0, written.Output + written.Error);
        Assert.DoesNotContain(ApachePrimary.PasswordSuffix, written.Output + await File.ReadAllTextAsync(config), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["service.password"]));
        string unit = await File.ReadAllTextAsync(_folder["waystation.service"]);
        Assert.Contains($" serve --config {config}", unit, StringComparison.Ordinal);
        Assert.Contains($"ReadWritePaths={_folder["data"]}", unit, StringComparison.Ordinal);
        await CloneAsync(listen, config, one, "first");

        // An operator adds what init does not ask for.
        string text = await File.ReadAllTextAsync(config);
        await File.WriteAllTextAsync(
            config,
            text.Replace("\"Data\":", "/* mine */ \"Vet\": { \"Every\": \"00:05:00\" },\n  \"Data\":", StringComparison.Ordinal)
        );
        CommandResult changed = await InitAsync(null, ["--primary", second.Url.AbsoluteUri]);
        Assert.True(changed.ExitCode == 0, changed.Output + changed.Error);
        string now = await File.ReadAllTextAsync(config);
        Assert.Contains("/* mine */ \"Vet\": { \"Every\": \"00:05:00\" }", now, StringComparison.Ordinal);
        Assert.DoesNotContain(first.Url.Authority, now, StringComparison.Ordinal);
        await CloneAsync(listen, config, two, "second");

        // A primary that is not there is not written.
        CommandResult refused = await InitAsync(null, ["--primary", $"http://127.0.0.1:{FreePort.Find()}"]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("Connection refused", refused.Output, StringComparison.Ordinal);
        Assert.Equal(now, await File.ReadAllTextAsync(config));
    }

    /// <summary>The whole conversation: SSH with the host keys that the primary shows, a service credential, a farm.</summary>
    [Fact]
    public async Task Conversation_AtATerminal_SetsUpANodeOfAFarm_WithSsh()
    {
        await using ApachePrimary web = await ApachePrimary.StartAsync();
        await using SshdPrimary sshd = await SshdPrimary.StartAsync(behind: web);
        await using RedisServer redis = await RedisServer.StartAsync();
        SshKey alice = await SshKey.CreateAsync(_folder["alice"]);
        sshd.Admit("alice", alice);
        PrimaryRepository repository = await web.CreateAsync("private/asked.git", new History(Seed: 94));
        string listen = $"http://127.0.0.1:{FreePort.Find()}";
        string ssh = $"127.0.0.1:{FreePort.Find()}";
        string said = await ConverseAsync(
            new()
            {
                ["The primary's URL"] = web.Url.AbsoluteUri,
                ["The folder for all"] = _folder["data"],
                ["The addresses for clients"] = listen,
                ["The address for operators"] = $"http://127.0.0.1:{FreePort.Find()}",
                ["The address for SSH clients"] = ssh,
                ["The primary's SSH URL"] = $"ssh://{SshdPrimary.User}@127.0.0.1:{sshd.Port}",
                ["Are these the primary's keys"] = "yes",
                ["The node's own user"] = "bob",
                ["The node's own password"] = "bob" + ApachePrimary.PasswordSuffix,
                ["The Redis of the farm"] = redis.Address,
                ["The name of this node"] = "first",
                ["The URL at which the other nodes"] = listen,
                ["Is this the first node"] = "yes",
            }
        );
        Assert.Contains("Start it:", said, StringComparison.Ordinal);
        Assert.DoesNotContain(ApachePrimary.PasswordSuffix, said, StringComparison.Ordinal);

        await ServeAsync(
            listen,
            _folder["waystation.json"],
            async () =>
            {
                string known = $"[127.0.0.1]:{ssh.Split(':')[1]} {await File.ReadAllTextAsync(_folder["data/ssh/host_ed25519_key.pub"])}";
                await File.WriteAllTextAsync(_folder["known_hosts_of_node"], known);
                using SshAgent agent = await SshAgent.StartAsync(_folder, [alice]);
                var user = new SshUser { KnownHosts = _folder["known_hosts_of_node"], Agent = agent };
                var git = new GitClient(_folder) with { Variables = user.Variables };
                await git.RunAsync("clone", "-q", $"ssh://{SshdPrimary.User}@{ssh}/{repository.Name}", _folder["asked"]);
            }
        );
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Starts a node by the file alone, clones from it and ends it.</summary>
    private Task CloneAsync(string listen, string config, PrimaryRepository repository, string name) =>
        ServeAsync(
            listen,
            config,
            () =>
                new Command("git", "clone", "-q", $"{listen}/{repository.Name}", _folder[name])
                {
                    Environment = _environment,
                }.MustRunAsync()
        );

    /// <summary>Answers each question by its words, at a terminal that <c>script</c> makes; the empty answer takes the default.</summary>
    private async Task<string> ConverseAsync(Dictionary<string, string> answers)
    {
        string command = $"{Checkout.Program} init --config {_folder["waystation.json"]} --unit {_folder["waystation.service"]}";
        using Process init = new Command("script", "-qec", command, "/dev/null")
        {
            WorkingDirectory = _folder.FullPath,
            Environment = _environment,
        }.Start();
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        var said = new StringBuilder();
        try
        {
            char[] piece = new char[4096];
            while (await init.StandardOutput.ReadAsync(piece, late.Token) is > 0 and int count)
            {
                said.Append(piece, 0, count);
                string line = said.ToString().Split('\n')[^1];
                if (line.EndsWith("]: ", StringComparison.Ordinal) || line.EndsWith("): ", StringComparison.Ordinal))
                {
                    Assert.DoesNotContain("Keep these answers", line, StringComparison.Ordinal);
                    string? answer = answers.FirstOrDefault(one => line.Contains(one.Key, StringComparison.Ordinal)).Value;
                    await init.StandardInput.WriteAsync((answer ?? "") + "\r");
                    await init.StandardInput.FlushAsync(late.Token);
                }
            }

            await init.WaitForExitAsync(late.Token);
            Assert.True(init.ExitCode == 0, said.ToString());
            return said.ToString();
        }
        catch (Exception e) when (e is OperationCanceledException or Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"the conversation did not end well:\n{said}", e);
        }
        finally
        {
            init.Kill(entireProcessTree: true);
        }
    }

    private async Task ServeAsync(string listen, string config, Func<Task> use)
    {
        using Process node = new Command(Checkout.Program, "serve", "--config", config)
        {
            WorkingDirectory = _folder.FullPath,
            Environment = _environment,
        }.Start();
        try
        {
            Task<string> log = node.StandardError.ReadToEndAsync();
            string? ready = await node.StandardOutput.ReadLineAsync();
            Assert.True(ready?.Contains($"listen={listen} ", StringComparison.Ordinal) == true, ready ?? await log);
            await use();
            Unix.Terminate(node.Id);
            await node.WaitForExitAsync();
            Assert.True(node.ExitCode == 0, await log);
        }
        finally
        {
            node.Kill(entireProcessTree: true);
        }
    }

    private Task<CommandResult> InitAsync(string? password, IReadOnlyList<string> options)
    {
        string[] all = ["init", "--config", _folder["waystation.json"], "--unit", _folder["waystation.service"], "--yes", .. options];
        return new Command(Checkout.Program, all)
        {
            WorkingDirectory = _folder.FullPath,
            Environment = _environment,
            Input = password is null ? null : stream => stream.WriteAsync(Encoding.UTF8.GetBytes(password + "\n")).AsTask(),
        }.RunAsync();
    }
}
