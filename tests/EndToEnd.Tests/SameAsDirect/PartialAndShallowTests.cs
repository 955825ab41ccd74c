using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.SameAsDirect;

/// <summary>Clones that lack objects, and primaries that do: through a node all ends as it does straight at the primary.</summary>
public sealed class PartialAndShallowTests(Station station) : IClassFixture<Station>, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Whatever was kept before it. git heeds <c>--reject-shallow</c> in version 2 alone.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task Clone_EndsAsDirect_WhenThePrimaryIsShallowAndTheClientWantsNoSuch(int version)
    {
        PrimaryRepository whole = await station.Primary.CreateAsync($"public/whole-{version}.git", new History(Seed: 171));
        PrimaryRepository cut = await station.Primary.CreateAsync($"public/cut-{version}.git");
        await cut.GitAsync("fetch", "--quiet", "--depth", "3", "file://" + whole.Folder, "+refs/heads/*:refs/heads/*");
        GitClient client = new GitClient(_folder).Speaking(version);
        string node = station.Node.UrlOf(cut).AbsoluteUri,
            primary = station.Primary.UrlOf(cut).AbsoluteUri;

        CommandResult direct = await client.TryAsync("clone", "--bare", "--reject-shallow", primary, "direct");
        Assert.Equal(version == 2, direct.ExitCode != 0);
        await client.RunAsync("clone", "--quiet", "--bare", primary, "taken direct");
        await AssertSameAsync("first");
        await client.RunAsync("clone", "--quiet", "--bare", node, "taken");
        await AssertSameAsync("second");
        await client.RunAsync("clone", "--quiet", "--bare", node, "taken again");
        await AssertSameAsync("third");
        await client.RunAsync("clone", "--quiet", "--bare", "--no-reject-shallow", node, "taken at last");
        Assert.Equal(await ShallowOfAsync("taken direct"), await ShallowOfAsync("taken at last"));

        async Task AssertSameAsync(string name)
        {
            CommandResult through = await client.TryAsync("clone", "--bare", "--reject-shallow", node, name);
            Assert.Equal(direct.ExitCode, through.ExitCode);
            Assert.Equal(direct.ExitCode == 0, Directory.Exists(_folder[name]));
            if (direct.ExitCode != 0)
            {
                Assert.Equal(LastLine(direct), LastLine(through));
            }
        }
    }

    /// <summary>
    /// The client has a commit and lacks its files. Asked without a filter, the answer may hold deltas against the files that it lacks: git
    /// asks for these by their ids, in the middle of the fetch.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Fetch_EndsAsDirect_WhenADeltaRestsOnAFileThatTheClientLacks(bool hasMirror)
    {
        string name = $"public/bases-{hasMirror}.git";
        PrimaryRepository repository = await station.Primary.CreateAsync(name, new History(Seed: 172) { Commits = 3 });
        string text = Text(400);
        await repository.CommitAsync(path: "long.txt", content: text);
        var client = new GitClient(_folder);
        string node = station.Node.UrlOf(repository).AbsoluteUri;
        string primary = station.Primary.UrlOf(repository).AbsoluteUri;
        foreach ((string url, string place) in ((string, string)[])[(node, "through"), (primary, "direct")])
        {
            await client.RunAsync("clone", "--quiet", "--bare", "--filter=blob:none", url, place);
        }

        if (hasMirror)
        {
            await client.RunAsync("clone", "--quiet", "--bare", node, "whole");
        }

        string tip = await repository.CommitAsync(path: "long.txt", content: text + "and one more line\n");
        foreach (string place in (string[])["through", "direct"])
        {
            await client.In(place).RunAsync("fetch", "--quiet", "--no-filter", "origin", "+refs/heads/main:refs/heads/main");
        }

        foreach (string place in (string[])["through", "direct"])
        {
            GitClient clone = client.In(place);
            Assert.Equal(tip, await clone.ReadAsync("rev-parse", "main"));
            Assert.Equal(text + "and one more line", await clone.ReadAsync("cat-file", "blob", "main:long.txt"));
            await clone.RunAsync("fsck", "--connectivity-only");
        }
    }

    /// <summary>All that a partial clone lacks is brought by ids in one request, as <c>git backfill</c> does it.</summary>
    [Theory]
    [InlineData(true, "blob:none")]
    [InlineData(false, "blob:none")]
    [InlineData(true, "tree:0")]
    public async Task WhatIsLacking_IsBrought_WhenItIsAskedForByItsIds(bool hasMirror, string filter)
    {
        string name = $"public/lacking-{hasMirror}-{filter[0]}.git";
        PrimaryRepository repository = await station.Primary.CreateAsync(name, new History(Seed: 173));
        var client = new GitClient(_folder);
        string node = station.Node.UrlOf(repository).AbsoluteUri;
        await client.RunAsync("clone", "--quiet", "--bare", "--filter=" + filter, node, "partial");
        if (hasMirror)
        {
            await client.RunAsync("clone", "--quiet", "--bare", node, "whole");
        }

        GitClient partial = client.In("partial");

        for (int round = 0; await LackingAsync(partial) is { Length: > 0 } lacking; round++)
        {
            Assert.InRange(round, 0, 20);
            Command fetch = partial.Git(
                "-c",
                "fetch.negotiationAlgorithm=noop",
                "fetch",
                "--quiet",
                "origin",
                "--no-tags",
                "--no-write-fetch-head",
                "--recurse-submodules=no",
                "--filter=blob:none",
                "--stdin"
            );
            await (fetch with { Input = stream => stream.WriteAsync(Encoding.ASCII.GetBytes(lacking)).AsTask() }).MustRunAsync();
        }

        Assert.Equal(
            (await repository.GitAsync("rev-list", "--objects", "--all")).Output.Split('\n').Order(StringComparer.Ordinal),
            (await partial.RunAsync("rev-list", "--objects", "--all")).Output.Split('\n').Order(StringComparer.Ordinal)
        );
    }

    private static async Task<string> LackingAsync(GitClient clone) =>
        string.Concat(
            (await clone.RunAsync("rev-list", "--objects", "--all", "--missing=print"))
                .Output.Split('\n')
                .Where(line => line.StartsWith('?'))
                .Select(line => line[1..] + "\n")
        );

    private static string LastLine(CommandResult result) => result.Error.TrimEnd().Split('\n')[^1];

    private async Task<string> ShallowOfAsync(string repository) =>
        string.Join('\n', (await File.ReadAllLinesAsync(Path.Combine(_folder[repository], "shallow"))).Order(StringComparer.Ordinal));

    private static string Text(int lines)
    {
        var random = new Random(174);
        return string.Concat(Enumerable.Range(0, lines).Select(line => $"{line}: {random.NextInt64():x16} {random.NextInt64():x16}\n"));
    }
}
