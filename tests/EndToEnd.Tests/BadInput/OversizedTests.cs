using System.Globalization;
using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.BadInput;

/// <summary>Requests that are too long, too slow or never finished.</summary>
public sealed class OversizedTests(BadInputStation station) : IClassFixture<BadInputStation>
{
    private const int Mebibyte = 1 << 20;
    private const int Million = 1_000_000;

    [Fact]
    public Task Node_StaysSmall_WhenAMillionUnknownObjectsAreWanted() => SendAsync(BadBodies.ManyWants(Million));

    [Fact]
    public Task Node_StaysSmall_WhenOneObjectIsWantedAMillionTimes() => SendAsync(BadBodies.ManyWants(Million, station.Tip));

    [Fact]
    public Task Node_StaysSmall_WhenAMillionObjectsAreHad() => SendAsync(BadBodies.ManyHaves(Million, station.Tip));

    [Fact]
    public Task Node_StaysSmall_WhenALineNeverEnds() =>
        SendAsync(Enumerable.Repeat(Encoding.ASCII.GetBytes(new string('a', 60_000)), 2000));

    [Fact]
    public Task Node_StaysSmall_WhenFewBytesInflateToManyGigabytes() =>
        SendAsync([BadBodies.Bomb(2L << 30, station.Tip)], "Content-Encoding: gzip");

    [Theory]
    [InlineData("Content-Length: 100000")]
    [InlineData("Transfer-Encoding: chunked")]
    public async Task Node_GoesOn_WhenRequestsEndHalfway(string framing)
    {
        for (int round = 0; round < 40; round++)
        {
            using RawConnection connection = await RawConnection.OpenAsync(station.Node.Url);
            await connection.SendAsync(station.Head(["Git-Protocol: version=2"], framing));
            if (framing.StartsWith("Transfer", StringComparison.Ordinal))
            {
                await connection.SendAsync("100\r\n"u8.ToArray());
            }

            await connection.SendAsync(Encoding.ASCII.GetBytes(UploadPack.Fetch([station.Tip])[..(round * 2)]));
            if (round % 2 == 0)
            {
                connection.Break();
            }
        }

        await station.AssertStillServesAsync();
    }

    [Fact]
    public async Task Node_ServesOthers_WhenManyBodiesComeByteByByte()
    {
        var slow = new List<RawConnection>();
        try
        {
            for (int i = 0; i < 60; i++)
            {
                RawConnection connection = await RawConnection.OpenAsync(station.Node.Url);
                slow.Add(connection);
                await connection.SendAsync(station.Head(["Git-Protocol: version=2"], "Content-Length: 100000"));
                await connection.SendAsync("0"u8.ToArray());
            }

            await station.AssertStillServesAsync();
        }
        finally
        {
            slow.ForEach(connection => connection.Dispose());
        }

        await station.AssertStillServesAsync();
    }

    private async Task SendAsync(IEnumerable<byte[]> body, params string[] headers)
    {
        await station.AssertStillServesAsync();
        long idle = station.Node.ResidentBytes;
        station.Node.ForgetPeak();
        using RawConnection connection = await RawConnection.OpenAsync(station.Node.Url);
        Task<RawAnswer> answer = connection.ReadToEndAsync(TimeSpan.FromSeconds(90));
        try
        {
            await connection.SendAsync(station.Head(["Git-Protocol: version=2", .. headers], "Transfer-Encoding: chunked"));
            foreach (byte[] part in body)
            {
                await connection.SendAsync(Encoding.ASCII.GetBytes(part.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"));
                await connection.SendAsync(part);
                await connection.SendAsync("\r\n"u8.ToArray());
            }

            await connection.SendAsync("0\r\n\r\n"u8.ToArray());
        }
        catch (IOException)
        {
            // Refused before all was sent.
        }

        RawAnswer heard = await answer;
        Assert.True(heard.Status is 0 or 200 or (>= 400 and < 500), $"status {heard.Status}: {heard.Text}");
        long grown = station.Node.PeakResidentBytes - idle;
        Assert.True(grown < 200L * Mebibyte, $"the node grew by {grown / Mebibyte} MiB");
        await station.AssertStillServesAsync();
    }
}
