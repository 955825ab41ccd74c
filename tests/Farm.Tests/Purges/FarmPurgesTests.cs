using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.Farm.Purges;
using Waystation.Farm.Tests.Tickets;
using Waystation.FetchCore.Tests;
using Waystation.TestKit.Servers;

namespace Waystation.Farm.Tests.Purges;

/// <summary>A purge reaches every node once, also those that were away.</summary>
public sealed class FarmPurgesTests : IDisposable
{
    private static readonly RepositoryName s_repository = new("git.example.com", "team/tool.git");

    private readonly Medium _medium = new();
    private readonly ManualTime _time = new();
    private readonly TempFolder _folder = new();
    private readonly List<IDisposable> _open = [];

    [Fact]
    public async Task Purge_IsHeard_AndDoneOnce()
    {
        (FarmPurges one, List<RepositoryName> doneByOne, _) = Join("one");
        (FarmPurges other, List<RepositoryName> doneByOther, _) = Join("other");
        one.Tell(s_repository);
        await RoundAsync(one, other, one, other);
        Assert.Empty(doneByOne);
        Assert.Equal([s_repository], doneByOther);
        one.Tell(s_repository);
        await RoundAsync(one, other);
        Assert.Equal([s_repository, s_repository], doneByOther);
    }

    [Fact]
    public async Task NodeThatWasAway_FindsThePurgeInTheList_AndADayLaterNoMore()
    {
        (FarmPurges one, _, _) = Join("one");
        one.Tell(s_repository);
        await RoundAsync(one);
        (FarmPurges late, List<RepositoryName> doneByLate, _) = Join("late");
        await RoundAsync(late);
        Assert.Equal([s_repository], doneByLate);
        _time.Turn(TimeSpan.FromHours(25));
        (FarmPurges later, List<RepositoryName> doneByLater, _) = Join("later");
        await RoundAsync(one, later);
        Assert.Empty(doneByLater);
    }

    [Fact]
    public async Task NodeThatStartsAgain_DoesNotPurgeAgain()
    {
        (FarmPurges one, _, _) = Join("one");
        (FarmPurges other, _, _) = Join("other");
        one.Tell(s_repository);
        await RoundAsync(one, other);
        foreach (string name in (string[])["one", "other"])
        {
            (FarmPurges again, List<RepositoryName> done, _) = Join(name);
            await RoundAsync(again);
            Assert.Empty(done);
        }
    }

    /// <summary>Two nodes write the list at once, or Redis forgets it: the nodes write what is missing.</summary>
    [Fact]
    public async Task ListThatLost_GetsItBack()
    {
        (FarmPurges one, _, _) = Join("one");
        (FarmPurges other, _, _) = Join("other");
        one.Tell(s_repository);
        other.Tell(s_repository with { Path = "team/other.git" });
        await RoundAsync(one, other);
        _medium.Values.Clear();
        await RoundAsync(one);
        (FarmPurges late, List<RepositoryName> done, _) = Join("late");
        await RoundAsync(late);
        Assert.Equal(2, done.Count);
    }

    /// <summary>A node whose disk takes nothing starts all the same.</summary>
    [Fact]
    public void Start_WritesNothing()
    {
        Join("one");
        Assert.False(Directory.Exists(Path.Combine(_folder["one"], "farm")));
    }

    [Fact]
    public async Task PurgeWhileRedisIsAway_IsDoneWhenItIsBack()
    {
        (FarmPurges one, _, MediumNode atOne) = Join("one");
        (FarmPurges other, List<RepositoryName> done, MediumNode atOther) = Join("other");
        foreach (MediumNode node in (MediumNode[])[atOne, atOther])
        {
            (node.IsHearing, node.IsHere, node.IsLate) = (false, false, true);
        }

        one.Tell(s_repository);
        await RoundAsync(one, other);
        Assert.Empty(done);
        foreach (MediumNode node in (MediumNode[])[atOne, atOther])
        {
            (node.IsHearing, node.IsHere) = (true, true);
            node.Miss();
        }

        await RoundAsync(one, other);
        Assert.Equal([s_repository], done);
    }

    public void Dispose()
    {
        _open.ForEach(static one => one.Dispose());
        _folder.Dispose();
    }

    private static async Task RoundAsync(params FarmPurges[] nodes)
    {
        foreach (FarmPurges node in nodes)
        {
            await node.DoHeardAsync();
            await node.GoThroughListAsync(CancellationToken.None);
        }
    }

    private (FarmPurges Purges, List<RepositoryName> Done, MediumNode At) Join(string name)
    {
        MediumNode at = _medium.Join(name);
        List<RepositoryName> done = [];
        DonePurges kept;
        using (var folder = new DataFolder(_folder[name], _time))
        {
            kept = new DonePurges(folder);
        }

        var purges = new FarmPurges(
            at,
            at,
            repository =>
            {
                done.Add(repository);
                return Task.CompletedTask;
            },
            kept,
            _time,
            NullLogger<FarmPurges>.Instance
        );
        _open.Add(purges);
        return (purges, done, at);
    }
}
