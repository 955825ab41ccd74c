using System.Net.Sockets;
using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>The requests from node to node, tried by hand: without the secret, with a wrong one, sent again, and changed.</summary>
public sealed class EndpointTests : IAsyncLifetime
{
    private const int NotFound = 404;
    private static readonly string[] s_operations = ["fetch", "push", "primary", "", "fetch/", "../../x"];

    private readonly FarmStation _station = new();
    private PrimaryRepository _plans = null!;

    public async Task InitializeAsync()
    {
        await _station.StartAsync(new FarmSettings { HasLinks = true });
        await _station.TogetherAsync();
        _plans = await _station.Primary.CreateAsync("private/plans.git", new History(91));
    }

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task WithoutTheSecret_NothingIsThere()
    {
        string[] fields =
        [
            "",
            "Waystation-Farm: ",
            "Waystation-Farm: AAAA",
            "Waystation-Farm: " + Convert.ToBase64String(new byte[200]),
            "Waystation-Farm: " + new string('A', 8000),
            "Authorization: Basic YWxpY2U6YWxpY2Utc2VjcmV0",
        ];
        foreach (string operation in s_operations)
        {
            foreach (string method in (string[])["GET", "POST", "PUT"])
            {
                foreach (string field in fields)
                {
                    string head =
                        $"{method} /.waystation/farm/v1/{operation} HTTP/1.1\r\nHost: node\r\n{(field.Length > 0 ? field + "\r\n" : "")}";
                    RawAnswer answer = await RawConnection.AskAsync(
                        _station.Nodes[0].Url,
                        Encoding.ASCII.GetBytes(head + "Content-Length: 4\r\nConnection: close\r\n\r\nbody")
                    );
                    Assert.Equal((NotFound, ""), (answer.Status, answer.Text));
                }
            }
        }

        Assert.DoesNotContain(_station.Primary.Requests, static request => request.Path.Contains(".waystation", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RequestsOfNodes_SentAgainOrChanged_GetNothing()
    {
        foreach ((int i, WaystationNode node) in _station.Nodes.Index())
        {
            await _station.NewClient($"alice{i}").RunAsync("clone", "--quiet", node.UrlOf(_plans, "alice").AbsoluteUri, "clone");
        }

        IReadOnlyList<(int Node, byte[] Sent)> sent = _station.Links.Recorded;
        Assert.NotEmpty(sent);
        foreach ((int node, byte[] request) in sent)
        {
            // To the same node, and to each other one.
            foreach (WaystationNode other in _station.Nodes)
            {
                await AssertNothingAsync(other, request);
            }

            // A new request that is changed in one place of its sealed field.
            int field = request.AsSpan().IndexOf("Waystation-Farm: "u8);
            Assert.True(field > 0);
            for (int at = field + 17; at < field + 100; at += 7)
            {
                byte[] changed = [.. request];
                changed[at] = changed[at] == (byte)'A' ? (byte)'B' : (byte)'A';
                await AssertNothingAsync(_station.Nodes[node], changed);
            }
        }
    }

    /// <summary>Sends the bytes; every answer is the one of a page that does not exist, or there is none.</summary>
    private static async Task AssertNothingAsync(WaystationNode node, byte[] request)
    {
        using RawConnection connection = await RawConnection.OpenAsync(node.Url);
        await connection.SendAsync(request);
        RawAnswer answer;
        try
        {
            connection.EndSending();
            answer = await connection.ReadToEndAsync();
        }
        catch (Exception e) when (e is InvalidOperationException or SocketException)
        {
            return; // The node has closed the connection.
        }

        Assert.True(answer.Status is 0 or NotFound, answer.Received);
        Assert.DoesNotContain(" 200 ", answer.Received, StringComparison.Ordinal);
        Assert.Equal("", answer.Status == 0 ? "" : answer.Text);
    }
}
