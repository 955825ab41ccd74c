using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>
/// An object far larger than the memory that the node may use for it passes, down and up.
/// <c>tests/EndToEnd.Tests/large-object</c> runs this with two gigabytes.
/// </summary>
public sealed class LargeObjectTests : IAsyncLifetime
{
    private const string SizeVariable = "WAYSTATION_TEST_LARGE_OBJECT_MIB";
    private const int Mebibyte = 1 << 20;

    private static readonly long s_size =
        (long.TryParse(Environment.GetEnvironmentVariable(SizeVariable), out long asked) ? asked : 200) * Mebibyte;

    private readonly LfsStation _station = new();

    public Task InitializeAsync() => _station.StartAsync();

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task Node_StaysSmall_WhenALargeObjectPasses()
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromMinutes(10) };
        LfsContent small = LfsContent.FromSeed(121, 100_000),
            large = LfsContent.FromSeed(122, s_size),
            pushed = LfsContent.FromSeed(123, s_size);
        PrimaryRepository repository = await _station.CreateAsync(small, large);
        await LfsWire.AskAsync(await LfsWire.HrefAsync(_station, repository, small));
        long idle = _station.Node.ResidentBytes;
        _station.Node.ForgetPeak();

        foreach (string state in (string[])["cold", "kept"])
        {
            await using Stream body = await http.GetStreamAsync(await LfsWire.HrefAsync(_station, repository, large));
            Assert.Equal((state, large.Oid), (state, Convert.ToHexStringLower(await SHA256.HashDataAsync(body))));
            AssertSmall(state, idle);
        }

        Assert.Equal(s_size, _station.Primary.Requests.BytesOf(large.Oid));
        LfsReply reply = await LfsWire.BatchAsync(_station.Node.Url, repository, "alice", "upload", [pushed]);
        JsonNode upload = reply.Action(0, "upload");
        using var content = new StreamContent(new ContentStream(pushed), 256 * 1024);
        using HttpResponseMessage put = await http.PutAsync(new Uri((string)upload["href"]!), content);
        Assert.Equal(200, (int)put.StatusCode);
        AssertSmall("upload", idle);
        await using Stream again = await http.GetStreamAsync(await LfsWire.HrefAsync(_station, repository, pushed));
        Assert.Equal(pushed.Oid, Convert.ToHexStringLower(await SHA256.HashDataAsync(again)));
        Assert.Equal(0, _station.Primary.Requests.Downloads(pushed.Oid));
    }

    private void AssertSmall(string state, long idle)
    {
        long grown = _station.Node.PeakResidentBytes - idle;
        Assert.True(grown < 100 * Mebibyte, $"{state}: the node grew by {grown / Mebibyte} MiB for an object of {s_size / Mebibyte} MiB");
    }
}
