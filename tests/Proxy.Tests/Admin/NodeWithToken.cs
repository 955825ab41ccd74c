using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Admin;

/// <summary>A node whose admin address demands a token; the tests of a class share one.</summary>
public sealed class NodeWithToken : IAsyncLifetime
{
    public const string Token = "token of the node";

    /// <summary>A token that shows pages and does nothing.</summary>
    public const string ReadToken = "token that reads";

    private readonly TempFolder _folder = new();
    private ScriptedPrimary _primary = null!;
    private WaystationNode _node = null!;

    public HttpClient Client { get; } = Front.NewClient();

    public Uri Admin => _node.Admin;

    public string ReadTokenFile => _folder["read-token"];

    /// <summary>A time at which the node had started, and before anybody asked it.</summary>
    public DateTimeOffset Ready { get; private set; }

    public async Task InitializeAsync()
    {
        _primary = await ScriptedPrimary.StartAsync();
        await File.WriteAllTextAsync(_folder["token"], Token + "\n");
        await File.WriteAllTextAsync(ReadTokenFile, ReadToken + "\n");
        _node = await WaystationNode.StartAsync(
            _primary.Url,
            new NodeSettings { Options = ["--Admin:TokenFile", _folder["token"], "--Admin:ReadTokenFile", ReadTokenFile] }
        );
        Ready = DateTimeOffset.UtcNow;
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await _node.DisposeAsync();
        await _primary.DisposeAsync();
        _folder.Dispose();
    }
}
