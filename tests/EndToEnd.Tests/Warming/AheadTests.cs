using System.Text.RegularExpressions;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Warming;

/// <summary>
/// After a push through the node the answers that were asked for last are there before anybody asks. The primary makes no pack, and
/// sends no byte of one: every pack that it sends is made by the program that its hook counts.
/// </summary>
public sealed class AheadTests(Station station) : IClassFixture<Station>, IDisposable
{
    private const string Hit = "waystation; hit";
    private const string Local = "waystation; hit; detail=local";

    private static readonly History s_widgets = new(Seed: 71) { Commits = 40 };

    private readonly TempFolder _folder = new();

    [Fact]
    public async Task FirstClonesAfterAPush_AreHits()
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(station, _folder, s_widgets);
        GitClient client = new(_folder);
        await client.RunAsync("clone", "--quiet", pushed.Url, "full");
        await client.RunAsync("clone", "--quiet", "--depth=1", pushed.Url, "shallow");
        await client.RunAsync("clone", "--quiet", "--filter=blob:none", "--bare", pushed.Url, "partial");
        await pushed.CommitAsync();
        await pushed.Alice.RunAsync("branch", "brand-new");
        await pushed.PushAsync("main", "brand-new");
        await MadeAsync(pushed, 3);
        string tip = await pushed.Alice.ReadAsync("rev-parse", "HEAD");

        (string Name, string[] Options, int Version)[] jobs =
        [
            ("one", [], 2),
            ("two", ["--depth=1"], 2),
            ("three", ["--filter=blob:none", "--bare"], 2),
            ("four", [], 0),
            ("five", ["--depth=1"], 1),
        ];
        foreach ((string name, string[] options, int version) in jobs)
        {
            (_, IReadOnlyList<string> served) = await client
                .Speaking(version)
                .TraceAsync(["clone", "--quiet", .. options, pushed.Url, name]);
            Assert.Contains(Hit, served);
            Assert.DoesNotContain(Local, served);
            Assert.Equal(tip, await client.In(name).ReadAsync("rev-parse", "HEAD"));
        }

        Assert.Equal(tip, await client.In("one").ReadAsync("rev-parse", "origin/brand-new"));
        (_, IReadOnlyList<string> fetched) = await client.In("full").TraceAsync("fetch", "--quiet");
        Assert.Contains(Local, fetched);
        Assert.Equal(1, pushed.Repository.PacksMade);
        await pushed.CompareAsync("six");
        await pushed.CompareAsync("seven", "--depth=1");

        // A client without permission does not get it.
        Assert.NotEqual(
            0,
            (await client.TryAsync("clone", "--quiet", station.Node.UrlOf(pushed.Repository, "mallory").AbsoluteUri, "eight")).ExitCode
        );
    }

    [Fact]
    public async Task JobThatFetchesByItsCommit_FindsItsAnswer()
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(station, _folder, s_widgets);
        GitClient client = new(_folder);
        await JobAsync(client, pushed, "one", await pushed.Repository.ResolveAsync("main"));
        await pushed.CommitAsync();
        await pushed.PushAsync("main");
        await MadeAsync(pushed, 2);
        Assert.Contains(Hit, await JobAsync(client, pushed, "two", await pushed.Alice.ReadAsync("rev-parse", "HEAD")));
        Assert.Equal(1, pushed.Repository.PacksMade);
    }

    [Fact]
    public async Task WhatSomebodyElsesFetchBrought_IsMadeAheadToo()
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(station, _folder, s_widgets);
        GitClient client = new(_folder);
        await client.RunAsync("clone", "--quiet", "--depth=1", pushed.Url, "one");
        await pushed.Repository.CommitAsync();
        await pushed.Alice.RunAsync("fetch", "--quiet");
        await MadeAsync(pushed, 2);
        (_, IReadOnlyList<string> served) = await client.TraceAsync("clone", "--quiet", "--depth=1", pushed.Url, "two");
        Assert.Contains(Hit, served);
        Assert.Equal(2, pushed.Repository.PacksMade);
    }

    [Fact]
    public async Task AnswersThatNobodyWants_AreNotMadeForLong()
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(station, _folder, s_widgets);
        for (int push = 1; push <= 4; push++)
        {
            await pushed.CommitAsync();
            await pushed.PushAsync("main");
            await MadeAsync(pushed, Math.Min(push, 3));
        }

        GitClient client = new(_folder);
        (_, IReadOnlyList<string> served) = await client.TraceAsync("clone", "--quiet", pushed.Url, "late");
        Assert.Contains(Local, served);
        Assert.Equal(3, Made(pushed));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<IReadOnlyList<string>> JobAsync(GitClient client, PushedRepository pushed, string name, string commit)
    {
        await client.RunAsync("init", "--quiet", name);
        (_, IReadOnlyList<string> served) = await client
            .In(name)
            .TraceAsync("fetch", "--quiet", "--no-tags", "--depth=1", pushed.Url, $"+{commit}:refs/remotes/origin/main");
        return served;
    }

    private int Made(PushedRepository pushed) =>
        Regex.Count(station.Node.Log, $"/{Regex.Escape(pushed.Repository.Name)}: made a pack ahead");

    private Task MadeAsync(PushedRepository pushed, int count) =>
        Eventually.TrueAsync("answers were made ahead", () => Made(pushed) >= count);
}
