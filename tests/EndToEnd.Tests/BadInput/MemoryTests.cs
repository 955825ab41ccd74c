using System.IO.Compression;
using System.Text;
using Waystation.EndToEnd.Tests.Mirrors;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.BadInput;

/// <summary>All requests together hold no more memory than the node has a budget for, and what a storm took is given back after
/// it.</summary>
public sealed class MemoryTests(BadInputStation station) : IClassFixture<BadInputStation>
{
    private const long Mebibyte = MemoryStorm.Mebibyte;

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
        await MemoryStorm.RunAsync(station.Node, storm);
        await station.AssertStillServesAsync();
    }

    private string HavesOf(int seed, int count) => Head() + MemoryStorm.Haves(seed, count) + UploadPack.Line("done\n") + "0000";

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
