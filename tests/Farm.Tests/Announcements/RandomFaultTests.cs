using System.Diagnostics;
using System.Globalization;
using System.Text;
using Waystation.Farm.Announcements;
using Waystation.TestKit.Servers;
using Xunit.Abstractions;

namespace Waystation.Farm.Tests.Announcements;

/// <summary>
/// Three nodes announce while their Redis is killed, frozen, emptied and started again. The model: of each sender a node hears the numbers
/// in their order and none twice, and where one is left out, it was told in between that announcements may have been missed.
/// </summary>
public sealed class RandomFaultTests(ITestOutputHelper output)
{
    private const int Rounds = 12;

    [Fact]
    public async Task WhateverRedisDoes_NothingIsMissedInSilence()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using RedisServer redis = await RedisServer.StartAsync();
        await using Hearing a = await Hearing.StartAsync(redis, "a");
        await using Hearing b = await Hearing.StartAsync(redis, "b");
        await using Hearing c = await Hearing.StartAsync(redis, "c");
        Hearing[] all = [a, b, c];
        using var stop = new CancellationTokenSource();
        Task<int>[] senders = [.. all.Select((hearing, i) => Task.Run(() => AnnounceAsync(hearing, new Random(seed + i + 1), stop.Token)))];
        for (int round = 0; round < Rounds; round++)
        {
            await Task.Delay(random.Next(50, 500));
            await FaultAsync(redis, random.Next(4), random);
        }

        await stop.CancelAsync();
        int[] announced = await Task.WhenAll(senders);
        output.WriteLine($"announced {string.Join(", ", announced)}");
        // The last ones show that everything before them was dealt with.
        foreach (Hearing hearing in all)
        {
            await Eventually.TrueAsync("all hear again", () => all.All(static one => one.Node.Announcements.IsHearing));
            hearing.Node.Announcements.Announce("push", "-1"u8.ToArray());
        }

        foreach (Hearing hearing in all)
        {
            await Eventually.TrueAsync(
                "the last ones are heard",
                () => hearing.Said().Count(static said => said.Number == -1) == 2,
                TimeSpan.FromMinutes(1)
            );
            output.WriteLine($"heard {hearing.Heard.Count}, missed {hearing.Missed} times");
            Check(hearing, all.Zip(announced).ToDictionary(static one => one.First.Name, static one => one.Second, StringComparer.Ordinal));
        }
    }

    private static async Task<int> AnnounceAsync(Hearing hearing, Random random, CancellationToken stop)
    {
        int number = 0;
        while (!stop.IsCancellationRequested)
        {
            for (int i = random.Next(20); i >= 0; i--)
            {
                hearing.Node.Announcements.Announce("push", Encoding.UTF8.GetBytes((number++).ToString(CultureInfo.InvariantCulture)));
            }

            await Task.Delay(random.Next(20), CancellationToken.None);
        }

        return number;
    }

    private static async Task FaultAsync(RedisServer redis, int kind, Random random)
    {
        switch (kind)
        {
            case 0:
                redis.Freeze();
                await Task.Delay(random.Next(100, 1_500));
                redis.Thaw();
                break;
            case 1:
                redis.Kill();
                await Task.Delay(random.Next(50, 500));
                await redis.StartAgainAsync(isEmpty: false);
                break;
            case 2:
                redis.Kill();
                await redis.StartAgainAsync(isEmpty: true);
                break;
            default:
                await redis.RunAsync("XTRIM", "waystation:1:{farm}:announcements", "MAXLEN", "1");
                break;
        }
    }

    private static void Check(Hearing hearing, Dictionary<string, int> announced)
    {
        var next = announced.Keys.ToDictionary(static name => name, static _ => 0, StringComparer.Ordinal);
        var excused = announced.Keys.ToDictionary(static name => name, static _ => false, StringComparer.Ordinal);
        foreach (Announcement? one in hearing.All)
        {
            if (one is null)
            {
                foreach (string name in announced.Keys)
                {
                    excused[name] = true;
                }

                continue;
            }

            int number = int.Parse(Encoding.UTF8.GetString(one.Content.Span), CultureInfo.InvariantCulture);
            number = number < 0 ? announced[one.From] : number;
            Assert.True(number >= next[one.From], $"{hearing.Name} heard {number} of {one.From} after {next[one.From] - 1}");
            Assert.True(number == next[one.From] || excused[one.From], $"{hearing.Name} missed {next[one.From]} of {one.From} in silence");
            next[one.From] = number + 1;
            excused[one.From] = false;
        }
    }
}
