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

    public void Dispose() => _folder.Dispose();

    /// <summary>Starts a node by the file alone, clones from it and ends it.</summary>
    private async Task CloneAsync(string listen, string config, PrimaryRepository repository, string name)
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
            await new Command("git", "clone", "-q", $"{listen}/{repository.Name}", _folder[name])
            {
                Environment = _environment,
            }.MustRunAsync();
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
