using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Running;

/// <summary>The program names its settings and every wrong one, before it serves a request.</summary>
public sealed class SettingsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Help_IsGiven_WhenAsked()
    {
        CommandResult program = await RunAsync("--help");
        Assert.Equal(0, program.ExitCode);
        Assert.Contains("serve", program.Output, StringComparison.Ordinal);
        // The verbs fit a screen; the settings stand under the verb that takes them.
        Assert.InRange(program.Output.Split('\n').Length, 10, 40);
        Assert.DoesNotContain("Mirrors:SyncWait", program.Output, StringComparison.Ordinal);
        CommandResult serve = await RunAsync("serve", "--help");
        Assert.Equal(0, serve.ExitCode);
        foreach (string option in (string[])["--primary", "--data", "--listen", "--admin", "Mirrors:SyncWait", "Primaries:0:SshUrl"])
        {
            Assert.Contains(option, serve.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--data one --data two", "--data")]
    [InlineData("--Listen", "--Listen")]
    [InlineData("--listen http://127.0.0.1:0 --Mirrors:SyncWait", "--Mirrors:SyncWait")]
    public async Task Serve_IsRefused_WhenAnOptionHasTheWrongNumberOfValues(string options, string named)
    {
        CommandResult result = await RunAsync(["serve", "--primary", "http://127.0.0.1:1", .. options.Split(' ')]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(named, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_IsRefused_WhenNoPrimaryIsNamed()
    {
        CommandResult result = await RunAsync(
            "serve",
            "--data",
            _folder["data"],
            "--listen",
            "http://127.0.0.1:0",
            "--admin",
            "http://127.0.0.1:0"
        );
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--primary", result.Error, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
    }

    [Theory]
    [InlineData("serve --no-such-option")]
    [InlineData("serve --primary")]
    [InlineData("no-such-command")]
    public async Task Usage_IsRefused_WhenItIsUnknown(string arguments)
    {
        CommandResult result = await RunAsync(arguments.Split(' '));
        Assert.Equal(2, result.ExitCode);
        Assert.NotEqual("", result.Error);
    }

    [Fact]
    public async Task Serve_NamesEveryWrongSettingAtOnce_WithItsValueAndWhatIsAccepted()
    {
        CommandResult result = await RunAsync(
            "serve",
            "--primary",
            "ftp://primary.example.com",
            "--data",
            _folder["data"],
            "--listen",
            "http://127.0.0.1:99999",
            "--admin",
            "http://127.0.0.1:0",
            "--Access:TicketLifetime",
            "soon",
            "--PackCache:MaxSize",
            "plenty",
            "--Mirrors:SyncWait",
            "-00:00:10"
        );
        Assert.Equal(2, result.ExitCode);
        foreach (
            (string name, string value) in ((string, string)[])
                [
                    ("Primaries:0:Url", "ftp://primary.example.com"),
                    ("Listen", "http://127.0.0.1:99999"),
                    ("Access:TicketLifetime", "soon"),
                    ("PackCache:MaxSize", "plenty"),
                    ("Mirrors:SyncWait", "-00:00:10"),
                ]
        )
        {
            Assert.Contains(
                result.Error.Split('\n'),
                line => line.Contains(name, StringComparison.Ordinal) && line.Contains(value, StringComparison.Ordinal)
            );
        }

        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_IsRefused_WhenAFileThatItNeedsIsMissing()
    {
        CommandResult result = await RunAsync(
            "serve",
            "--primary",
            "http://127.0.0.1:1/",
            "--data",
            _folder["data"],
            "--listen",
            "https://127.0.0.1:0",
            "--admin",
            "http://127.0.0.1:0",
            "--Tls:Certificate",
            _folder["no-such.pem"],
            "--Tls:Key",
            _folder["no-such.key"]
        );
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(_folder["no-such.pem"], result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_IsRefused_WhenOthersMayReadTheDataFolder()
    {
        _folder.CreateSharedFolder("data");
        CommandResult result = await RunAsync(
            "serve",
            "--primary",
            "http://127.0.0.1:1/",
            "--data",
            _folder["data"],
            "--listen",
            "http://127.0.0.1:0",
            "--admin",
            "http://127.0.0.1:0"
        );
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(_folder["data"], result.Error, StringComparison.Ordinal);
        Assert.Contains("0700", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_OverrideEachOther_FileThenEnvironmentThenOption()
    {
        await using ApachePrimary primary = await ApachePrimary.StartAsync();
        string file = _folder["settings.json"];
        await File.WriteAllTextAsync(
            file,
            """{ "Listen": "http://127.0.0.1:1", "Access": { "TicketLifetime": "from file" }, "PackCache": { "MaxSize": "from file" } }"""
        );
        await using WaystationNode node = await WaystationNode.StartAsync(
            primary.Url,
            new NodeSettings
            {
                Environment = new Dictionary<string, string>
                {
                    ["WAYSTATION__Access__TicketLifetime"] = "00:00:20",
                    ["WAYSTATION__PackCache__MaxSize"] = "from the environment",
                },
                Options = ["--config", file, "--PackCache:MaxSize", "64MiB"],
            }
        );
        Assert.Equal(0, await node.StopAsync());
    }

    public void Dispose() => _folder.Dispose();

    private Task<CommandResult> RunAsync(params string[] arguments) =>
        new Command(Checkout.Program, arguments)
        {
            WorkingDirectory = _folder.FullPath,
            Environment = new Dictionary<string, string> { ["HOME"] = _folder.FullPath, ["DOTNET_ROOT"] = Checkout.DotnetRoot },
            Timeout = TimeSpan.FromSeconds(30),
        }.RunAsync();
}
