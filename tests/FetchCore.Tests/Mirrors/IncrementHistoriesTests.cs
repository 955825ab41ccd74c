using System.Globalization;
using System.Text;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.TestKit.Servers;
using Xunit.Abstractions;

namespace Waystation.FetchCore.Tests.Mirrors;

/// <summary>
/// Random histories, and whole clones of all shapes by two users of whom one does not see every ref: each pack has exactly the objects of
/// the primary's, none of them twice, and git takes it under the strictest check. WAYSTATION_INCREMENTS_SEED repeats a run,
/// WAYSTATION_INCREMENTS_CASES makes it longer.
/// </summary>
public sealed class IncrementHistoriesTests(ITestOutputHelper output)
{
    private const string Bob = "bob";

    private static readonly string?[] s_filters = [null, null, null, "blob:none", "blob:limit=400", "tree:0"];

    [Theory]
    [InlineData("sha1")]
    [InlineData("sha256")]
    public async Task Clones_HaveTheObjectsOfThePrimarys_WhateverHappens(string format)
    {
        int seed = Number("WAYSTATION_INCREMENTS_SEED", Random.Shared.Next()),
            cases = Number("WAYSTATION_INCREMENTS_CASES", 60);
        output.WriteLine($"WAYSTATION_INCREMENTS_SEED={seed}");
        Assert.True(ObjectFormats.TryParse(format, out ObjectFormat parsed));
        await using MirrorFixture node = await MirrorFixture.OpenAsync(format: parsed);
        node.Primary.Hides = static user => user == Bob ? "refs/heads/secret" : null;
        var world = new World(node, new Random(seed));
        await CompareAsync(node, MirrorFixture.Alice, null, onlyMain: false);
        await Eventually.TrueAsync("the clone has become the mirror", () => node.Core.Mirrors.Find(MirrorFixture.Repository) is not null);
        var random = new Random(seed + 1);
        for (int number = 0; number < cases; number++)
        {
            string did = "";
            for (int left = random.Next(1, 4); left > 0; left--)
            {
                did += await world.ChangeAsync() + "; ";
            }

            if (random.Next(5) == 0)
            {
                await node.Core.Upkeep.RunAsync(MirrorFixture.Repository, CancellationToken.None);
            }

            node.Time.Turn(TimeSpan.FromSeconds(31));
            string user = random.Next(3) == 0 ? Bob : MirrorFixture.Alice;
            string? filter = s_filters[random.Next(s_filters.Length)];
            bool onlyMain = random.Next(4) == 0;
            try
            {
                await CompareAsync(node, user, filter, onlyMain);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}, case {number}, {user}, {filter}, only main: {onlyMain}, after {did}", e);
            }
        }

        int composed = node.FilesOfThePackCache("*.increment").Length;
        output.WriteLine($"{composed} packs of {cases} begin with an earlier one");
        Assert.True(composed > cases / 6, $"seed {seed}: only {composed} packs of {cases} begin with an earlier one");
    }

    private static async Task CompareAsync(MirrorFixture node, string user, string? filter, bool onlyMain)
    {
        ObjectId[] wants = onlyMain
            ? [await node.ResolveAsync("refs/heads/main")]
            : [.. MirrorBootstrap.TipsOf(await node.ShowAsync(user))];
        if (
            (await node.Source.ReadAsync("for-each-ref", "--format=%(objecttype) %(*objecttype)")).Contains(
                "tree",
                StringComparison.Ordinal
            )
        )
        {
            // With bitmaps git itself sends other objects than without.
            filter = null;
        }

        Assert.True(filter is null || FilterSpec.TryParse(filter, out _));
        FetchRequest request = CoreFixture.Clone(wants) with
        {
            ObjectFormat = node.Format,
            Filter = FilterSpec.TryParse(filter, out FilterSpec? parsed) ? parsed : null,
        };
        var asked = new ParsedCommand.Fetch(request, ResponseFraming.V2);
        byte[] expected;
        await using (PrimaryReply reply = await node.Primary.For(user, asked).FetchAsync(CancellationToken.None))
        {
            expected = await PackOfAsync(reply.Body.AsStream());
        }

        byte[] pack = await CoreFixture.ReadAsync(await node.FetchAsync(user, request));
        IReadOnlyList<string> ids = await node.IdsOfAsync(pack, isComplete: filter is null),
            expectedIds = await node.IdsOfAsync(expected, isComplete: false);
        Assert.Equal(ids.Distinct(StringComparer.Ordinal), ids);
        Assert.Equal(expectedIds, ids);
    }

    /// <summary>The pack of a response in v2, which has no other section.</summary>
    private static async Task<byte[]> PackOfAsync(Stream body)
    {
        using var all = new MemoryStream();
        await body.CopyToAsync(all);
        byte[] response = all.ToArray();
        using var pack = new MemoryStream();
        for (int at = 0, length; at < response.Length; at += Math.Max(length, 4))
        {
            length = int.Parse(Encoding.ASCII.GetString(response, at, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (length > 5 && response[at + 4] == 1)
            {
                pack.Write(response, at + 5, length - 5);
            }
        }

        return pack.ToArray();
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>A repository in which anything may happen next.</summary>
    private sealed class World(MirrorFixture node, Random random)
    {
        private int _names;

        private GitClient Source => node.Source;

        /// <summary>Returns the change in words.</summary>
        public async Task<string> ChangeAsync()
        {
            List<string> branches = await RefsAsync("refs/heads");
            string branch = branches[random.Next(branches.Count)];
            string main = "refs/heads/main";
            switch (random.Next(12))
            {
                case 0 or 1 or 2 or 3:
                    string edited = random.Next(2) == 0 ? "main" : branch["refs/heads/".Length..];
                    await node.CommitAsync(edited);
                    return $"commit on {edited}";
                case 4 or 5:
                    // Objects that were gone from the files come back.
                    List<string> log = await LinesAsync("rev-list", "--max-count=8", main);
                    await CommitTreeAsync(main, $"{log[random.Next(log.Count)]}^{{tree}}", main);
                    return "revert on main";
                case 6:
                    await CommitTreeAsync(main, $"{branch}^{{tree}}", main, branch);
                    return $"merge of {branch}";
                case 7:
                    string name = $"refs/heads/{(random.Next(3) == 0 ? "secret" : "topic")}-{++_names}";
                    await Source.RunAsync("update-ref", name, branch);
                    await node.CommitAsync(name["refs/heads/".Length..]);
                    return $"new {name}";
                case 8:
                    string tag = $"refs/tags/t{++_names}";
                    string target = random.Next(4) == 0 ? $"{branch}^{{tree}}" : branch;
                    if (random.Next(2) == 0)
                    {
                        await Source.RunAsync("update-ref", tag, target);
                        return $"light {tag}";
                    }

                    await Source.RunAsync("tag", "--annotate", "--message=T", tag["refs/tags/".Length..], target);
                    return $"annotated {tag}";
                case 9 when branch != main:
                    await Source.RunAsync("update-ref", "-d", branch);
                    return $"{branch} deleted";
                case 10 when (await LinesAsync("rev-list", "--first-parent", "--max-count=3", branch)) is { Count: > 2 } past:
                    await Source.RunAsync("update-ref", branch, past[^1]);
                    return $"{branch} rewound";
                case 11 when (await RefsAsync("refs/tags")) is { Count: > 0 } tags:
                    await Source.RunAsync("update-ref", "-d", tags[random.Next(tags.Count)]);
                    return "a tag deleted";
                default:
                    await node.CommitAsync();
                    return "commit on main";
            }
        }

        private async Task CommitTreeAsync(string branch, string tree, params string[] parents)
        {
            string commit = await Source.ReadAsync([
                "commit-tree",
                "-m",
                $"C{++_names}",
                .. parents.SelectMany(static parent => new[] { "-p", parent }),
                tree,
            ]);
            await Source.RunAsync("update-ref", branch, commit);
        }

        private Task<List<string>> RefsAsync(string under) => LinesAsync("for-each-ref", "--format=%(refname)", under);

        private async Task<List<string>> LinesAsync(params string[] arguments) =>
            [.. (await Source.ReadAsync(arguments)).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }
}
