using Waystation.TestKit.Servers;

namespace Waystation.Deploy.Tests;

/// <summary>The published folder is all that a node needs, but for git.</summary>
public sealed class PublishTests
{
    [Fact]
    public async Task PublishedNode_ServesAClone_WithoutAnSdkOrASharedRuntime()
    {
        using var folder = new TempFolder();
        // All programs of the system but dotnet.
        string bin = folder.CreateFolder("bin");
        foreach (string program in (string[])["git", "sh", "env", "getent", "ssh-keygen"])
        {
            CommandResult found = await new Command("which", program).MustRunAsync();
            File.CreateSymbolicLink(Path.Combine(bin, program), found.Output.Trim());
        }

        await using ApachePrimary primary = await ApachePrimary.StartAsync();
        PrimaryRepository repository = await primary.CreateAsync("public/published.git", new History(Seed: 18));
        await using WaystationNode node = await WaystationNode.StartAsync(
            primary.Url,
            new NodeSettings
            {
                Program = Path.Combine(await Published.FolderAsync(), "waystation"),
                Environment = new Dictionary<string, string>
                {
                    ["PATH"] = bin,
                    ["DOTNET_MULTILEVEL_LOOKUP"] = "0",
                    ["DOTNET_ROOT"] = folder.CreateFolder("no-runtime"),
                },
            }
        );
        Assert.DoesNotContain("/dotnet/", await File.ReadAllTextAsync($"/proc/{node.ProcessId}/maps"), StringComparison.Ordinal);

        var git = new GitClient(folder);
        await git.RunAsync("clone", "--quiet", node.UrlOf(repository).AbsoluteUri, "one");
        await git.RunAsync("clone", "--quiet", node.UrlOf(repository).AbsoluteUri, "two");
        Assert.Equal(await repository.ResolveAsync("HEAD"), await git.In("two").ReadAsync("rev-parse", "HEAD"));
        Assert.Equal(1, repository.PacksMade);
        Assert.Equal(0, await node.StopAsync());
    }

    [Fact]
    public async Task PublishedFolder_HasRelay_Unit_Settings_Pages_AndLicences()
    {
        string folder = await Published.FolderAsync();

        Assert.True(File.GetUnixFileMode(Path.Combine(folder, "waystation-ssh-relay")).HasFlag(UnixFileMode.OtherExecute));
        Assert.All(
            (string[])["waystation.service", "waystation.json", "README.md", "docs/settings.md"],
            name => Assert.True(File.Exists(Path.Combine(folder, name)), name)
        );
        string[] licences = Directory.GetFiles(Path.Combine(folder, "licenses"));
        Assert.Contains(licences, static path => path.Contains("Microsoft.NETCore.App.Runtime", StringComparison.Ordinal));
        Assert.All(licences, static path => Assert.Matches(@"^\S+ [0-9.]+\S*: \S", File.ReadLines(path).First()));
    }
}
