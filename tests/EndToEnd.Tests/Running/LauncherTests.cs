using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Running;

/// <summary>
/// <c>./waystation</c>: builds when it must, and then is the program. The tests of building use a checkout of their own, in a path
/// with spaces, whose program only says its arguments.
/// </summary>
public sealed class LauncherTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private string _checkout = "";

    private string Launcher => Path.Combine(_checkout, "waystation");

    private string Source => Path.Combine(_checkout, "src", "Proxy", "Program.cs");

    public async Task InitializeAsync()
    {
        _checkout = _folder.CreateFolder("a checkout with spaces");
        Directory.CreateDirectory(Path.GetDirectoryName(Source)!);
        File.Copy(Checkout.Launcher, Launcher);
        await File.WriteAllTextAsync(
            Path.Combine(_checkout, "Directory.Build.props"),
            """
            <Project>
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <UseArtifactsOutput>true</UseArtifactsOutput>
                <AssemblyName>waystation</AssemblyName>
                <OutputType>Exe</OutputType>
              </PropertyGroup>
            </Project>
            """
        );
        await File.WriteAllTextAsync(Path.Combine(_checkout, "src", "Proxy", "Proxy.csproj"), "<Project Sdk=\"Microsoft.NET.Sdk\" />");
        await WriteProgramAsync("one");
    }

    public Task DisposeAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Launcher_BuildsOnceAndThenOnlyStarts_UntilASourceChanges()
    {
        // Two first starts at once: both work, one builds.
        CommandResult[] first = await Task.WhenAll(RunAsync(Launcher, "a"), RunAsync(Launcher, "b"));
        Assert.All(first, result => Assert.Equal(7, result.ExitCode));
        Assert.Equal("one[a]", first[0].Output.Trim());
        Assert.Equal("one[b]", first[1].Output.Trim());
        Assert.Single(first, result => result.Error.Contains("building", StringComparison.Ordinal));

        CommandResult second = await RunAsync(Launcher, "two words", "", "--x=*", "$HOME");
        Assert.Equal("one[two words][][--x=*][$HOME]", second.Output.Trim());
        Assert.Equal("", second.Error);

        string link = _folder["link"];
        File.CreateSymbolicLink(link, Launcher);
        CommandResult linked = await RunAsync(link, "linked");
        Assert.Equal(("one[linked]", ""), (linked.Output.Trim(), linked.Error));

        await WriteProgramAsync("two");
        CommandResult changed = await RunAsync(Launcher);
        Assert.Equal("two", changed.Output.Trim());

        await File.WriteAllTextAsync(Source, "this is not C#");
        CommandResult broken = await RunAsync(Launcher);
        Assert.NotEqual(0, broken.ExitCode);
        Assert.Equal("", broken.Output);
        Assert.Contains("error CS", broken.Error, StringComparison.Ordinal);
        Assert.Contains("waystation: the build failed", broken.Error, StringComparison.Ordinal);
        Assert.NotEqual(0, (await RunAsync(Launcher)).ExitCode);
    }

    [Fact]
    public async Task Node_ServesAClone_WhenStartedByTheLauncher()
    {
        // The first start may have to build, which takes longer than a node may take to be ready.
        Command version = new(Checkout.Launcher, "--version")
        {
            Environment = new Dictionary<string, string> { ["HOME"] = Environment.GetEnvironmentVariable("HOME") ?? "" },
            Timeout = TimeSpan.FromMinutes(5),
        };
        await version.MustRunAsync();
        // A build that writes into the folders of the sources would be followed by another.
        Assert.Equal("", (await version.MustRunAsync()).Error);
        await using ApachePrimary primary = await ApachePrimary.StartAsync();
        PrimaryRepository repository = await primary.CreateAsync("public/launched.git", new History(Seed: 97));
        await using WaystationNode node = await WaystationNode.StartAsync(primary.Url, new NodeSettings { Program = Checkout.Launcher });
        GitClient client = new(_folder);
        await client.RunAsync("clone", "--quiet", node.UrlOf(repository).AbsoluteUri, "one");
        Assert.Equal(await repository.ResolveAsync("HEAD"), await client.In("one").ReadAsync("rev-parse", "HEAD"));
        Assert.Equal(0, await node.StopAsync());
    }

    private Task WriteProgramAsync(string name) =>
        File.WriteAllTextAsync(
            Source,
            $$"""System.Console.WriteLine("{{name}}" + string.Concat(System.Linq.Enumerable.Select(args, a => "[" + a + "]"))); return 7;"""
        );

    private Task<CommandResult> RunAsync(string launcher, params string[] arguments) =>
        new Command(launcher, arguments)
        {
            WorkingDirectory = _folder.FullPath,
            Environment = new Dictionary<string, string>
            {
                ["HOME"] = _folder.CreateFolder("home"),
                ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
                ["DOTNET_NOLOGO"] = "1",
            },
        }.RunAsync();
}
