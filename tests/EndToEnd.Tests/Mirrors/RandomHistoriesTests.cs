using System.Collections.Concurrent;
using System.Globalization;
using Waystation.EndToEnd.Tests.Mirrors.Histories;
using Waystation.TestKit.Servers;
using Xunit.Abstractions;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>
/// Random changes at the primary and random questions of several users: a client that asks through the node ends up with the same objects
/// as from the primary, and with none that its user may not see. WAYSTATION_HISTORIES_SEED repeats a run,
/// WAYSTATION_HISTORIES_CASES makes it longer.
/// </summary>
public sealed class RandomHistoriesTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Worlds = 4;

    private static readonly string[] s_users = ["alice", "bob"];

    private readonly Station _station = new();
    private readonly ConcurrentDictionary<string, int> _served = new();

    // Every response is made from the primary's present state, so the responses can be compared at once.
    public Task InitializeAsync() => _station.StartAsync(new NodeSettings { Options = ["--Access:TicketLifetime", "00:00:00"] });

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task Node_GivesWhatThePrimaryGives_WhateverIsAsked()
    {
        int seed = Number("WAYSTATION_HISTORIES_SEED", Random.Shared.Next()),
            cases = Number("WAYSTATION_HISTORIES_CASES", 320);
        output.WriteLine($"WAYSTATION_HISTORIES_SEED={seed}");
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Worlds),
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            async (world, _) =>
            {
                try
                {
                    await RunAsync(new Random(seed + world), world % 2 == 0 ? "veiled" : "strict", cases / Worlds);
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"WAYSTATION_HISTORIES_SEED={seed}, world {world}: {e.Message}", e);
                }
            }
        );
        output.WriteLine(
            string.Join(
                '\n',
                _served.OrderBy(static entry => entry.Key, StringComparer.Ordinal).Select(static entry => $"{entry.Value, 5} {entry.Key}")
            )
        );
        int here = _served
            .Where(static entry => entry.Key.StartsWith("waystation; hit", StringComparison.Ordinal))
            .Sum(static entry => entry.Value);
        Assert.True(here > cases / 3, $"seed {seed}: only {here} of {cases} answers were made here");
    }

    private async Task RunAsync(Random random, string kind, int cases)
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync($"{kind}/{Guid.NewGuid():n}.git");
        GitClient all = new(_station.Folder);
        string pool = Guid.NewGuid().ToString("n");
        await all.RunAsync("init", "--quiet", "--bare", pool);
        all = all.In(pool);
        await File.WriteAllTextAsync(
            Path.Combine(all.Folder, "objects/info/alternates"),
            Path.Combine(repository.Folder, "objects") + "\n"
        );
        WildRepository wild = new(repository, all, random);
        await wild.BeginAsync();
        var maker = new WishMaker(wild, random);
        var clients = new Dictionary<string, List<ClientShape>>(StringComparer.Ordinal)
        {
            ["alice"] = [ClientShape.Nothing],
            ["bob"] = [ClientShape.Nothing],
        };
        for (int number = 0; number < cases; number++)
        {
            if (random.Next(4) == 0)
            {
                await wild.ChangeAsync();
            }

            string user = s_users[random.Next(s_users.Length)];
            ClientShape client = random.Next(3) == 0 ? ClientShape.Nothing : clients[user][random.Next(clients[user].Count)];
            FetchWish wish = maker.Make(user, client, kind == "strict" ? random.Next(2) : random.Next(3));
            var comparison = new Comparison(wild, all, user, client, wish);
            FetchGift direct = await wish.SendAsync(_station.Primary.Url, repository, user);
            FetchGift through;
            try
            {
                through = await wish.SendAsync(_station.Node.Url, repository, user);
            }
            catch (HttpRequestException) when (direct.IsCutShort)
            {
                // upload-pack died in the middle: HTTP shows an end, but the node breaks the response off, so that no client waits for the
                // rest.
                continue;
            }

            _served.AddOrUpdate(through.CacheStatus, 1, static (_, count) => count + 1);
            try
            {
                if (await comparison.HoldsAsync(direct, through) is { } better && clients[user].Count < 12)
                {
                    clients[user].Add(better);
                }
            }
            catch (Exception e)
            {
                throw new InvalidOperationException(
                    $"case {number}, {user} at {repository.Name}, {through.CacheStatus}:\n{e.Message}\n"
                        + $"{wish.Body.Replace("\n", "", StringComparison.Ordinal)}\n"
                        + $"direct: {Told(direct)}\nthrough: {Told(through)}",
                    e
                );
            }
        }

        static string Told(FetchGift gift) =>
            $"{gift.Status} {gift.Refusal} {string.Join(',', gift.Boundary)} "
            + $"{string.Join(',', gift.Acknowledgments)} pack of {gift.Pack.Length}";
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
