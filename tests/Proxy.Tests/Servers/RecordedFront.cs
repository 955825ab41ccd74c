using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Servers;

/// <summary>A node in front of a primary that records what arrives; the tests of a class share them, one after the other.</summary>
public sealed class RecordedFront : IAsyncLifetime
{
    public RecordingPrimary Primary { get; } = new();

    public WaystationNode Node { get; private set; } = null!;

    /// <summary>Sends these bytes on a connection of their own and reads until the node closes it.</summary>
    public Task<RawAnswer> AskAsync(string request)
    {
        Primary.Forget();
        return RawConnection.AskAsync(Node.Url, Encoding.Latin1.GetBytes(request));
    }

    public async Task InitializeAsync() =>
        Node = await WaystationNode.StartAsync(Primary.Url, new NodeSettings { Options = ["--Clients:HeadTimeout", "00:00:05"] });

    public async Task DisposeAsync()
    {
        await Node.DisposeAsync();
        await Primary.DisposeAsync();
    }
}
