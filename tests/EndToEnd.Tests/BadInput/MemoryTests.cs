using System.IO.Compression;
using System.Text;
using Waystation.EndToEnd.Tests.Mirrors;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.BadInput;

/// <summary>All requests together hold no more memory than the node has a budget for, and what a storm took is given back after
/// it.</summary>
public sealed class MemoryTests(BadInputStation station) : IClassFixture<BadInputStation>
{
    private const long Mebibyte = 1 << 20;

    /// <summary>The budget, what the collector has not yet looked at, and what the server needs for its connections.</summary>
    private const long Most = 400 * Mebibyte;

    private const long Left = 100 * Mebibyte;

    [Fact]
    public Task TenFetchesWithManyHaves_StayWithinTheBudget() =>
        StormAsync(async () =>
        {
            byte[][] bodies = await Task.WhenAll(Enumerable.Range(1, 10).Select(seed => Task.Run(() => Coded(HavesOf(seed, 300_000)))));
            Assert.All(bodies, static body => Assert.InRange(body.Length, Mebibyte, 8 * Mebibyte));
            await Task.WhenAll(bodies.Select(SendAsync));
        });

    [Fact]
    public Task TwentyGzipBombs_StayWithinTheBudget() =>
        StormAsync(async () =>
        {
            byte[] bomb = Coded(Head() + string.Concat(Enumerable.Repeat(UploadPack.Line($"have {station.Tip}\n"), 320_000)));
            Assert.InRange(bomb.Length, 0, Mebibyte);
            await Task.WhenAll(Enumerable.Range(1, 20).Select(_ => SendAsync(bomb)));
        });

    [Fact]
    public Task SixtyBodiesThatDoNotEnd_StayWithinTheBudget_AndSmallFetchesAreStillServedHere() =>
        StormAsync(async () =>
        {
            byte[] half = new byte[8 * Mebibyte - 1];
            List<RawConnection> connections = [];
            try
            {
                await Task.WhenAll(
                        Enumerable
                            .Range(1, 60)
                            .Select(async _ =>
                            {
                                RawConnection connection = await RawConnection.OpenAsync(station.Node.Url);
                                lock (connections)
                                {
                                    connections.Add(connection);
                                }

                                await connection.SendAsync(station.Head(["Git-Protocol: version=2"], $"Content-Length: {half.Length + 1}"));
                                await connection.SendAsync(half);
                            })
                    )
                    .WaitAsync(TimeSpan.FromSeconds(30));
                FetchGift small = await new FetchWish { Wants = [station.Tip] }.SendAsync(station.Node.Url, station.Repository);
                Assert.True(small.IsServedHere, small.CacheStatus);
            }
            finally
            {
                connections.ForEach(static connection => connection.Break());
            }
        });

    private async Task StormAsync(Func<Task> storm)
    {
        await station.AssertStillServesAsync();
        await Eventually.TrueAsync("there is a mirror", async () => (await station.Node.MetricsAsync()).Sum("waystation_mirrors") >= 1);
        await new FetchWish { Wants = [station.Tip] }.SendAsync(station.Node.Url, station.Repository);
        long idle = station.Node.ResidentBytes;
        station.Node.ForgetPeak();
        await storm();
        long taken = station.Node.PeakResidentBytes - idle;
        Assert.True(taken <= Most, $"the storm took {taken / Mebibyte} MiB");
        await Eventually.TrueAsync("memory is given back", () => station.Node.ResidentBytes - idle <= Left, TimeSpan.FromSeconds(15));
        await station.AssertStillServesAsync();
    }

    private string HavesOf(int seed, int count)
    {
        byte[] digests = new byte[count * 20];
        new Random(seed).NextBytes(digests);
        var text = new StringBuilder(Head());
        for (int at = 0; at < digests.Length; at += 20)
        {
            text.Append("0032have ").Append(Convert.ToHexStringLower(digests, at, 20)).Append('\n');
        }

        return text.Append(UploadPack.Line("done\n")).Append("0000").ToString();
    }

    private string Head() =>
        UploadPack.Line("command=fetch")
        + UploadPack.Line("object-format=sha1")
        + "0001"
        + UploadPack.Line("ofs-delta")
        + UploadPack.Line($"want {station.Tip}\n");

    private static byte[] Coded(string text)
    {
        using var coded = new MemoryStream();
        using (var gzip = new GZipStream(coded, CompressionLevel.Optimal))
        {
            gzip.Write(Encoding.ASCII.GetBytes(text));
        }

        return coded.ToArray();
    }

    private Task SendAsync(byte[] body) =>
        RawConnection.AskAsync(station.Node.Url, station.Request(body, "Git-Protocol: version=2", "Content-Encoding: gzip"));
}
