using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.BadInput;

/// <summary>A node, a repository and a check that both still work after an attack.</summary>
public sealed class BadInputStation : IAsyncLifetime
{
    private const string Name = "public/robust.git";

    private readonly Station _station = new();
    private PrimaryRepository? _repository;

    public ApachePrimary Primary => _station.Primary;

    public WaystationNode Node => _station.Node;

    public string Tip { get; private set; } = "";

    public PrimaryRepository Repository => _repository!;

    public async Task InitializeAsync()
    {
        await _station.InitializeAsync();
        _repository = await Primary.CreateAsync(Name, new History(Seed: 50));
        Tip = await _repository.ResolveAsync("refs/heads/main");
    }

    public Task DisposeAsync() => _station.DisposeAsync();

    /// <summary>A whole request to the repository's upload-pack with any body; headers given here replace the usual ones.</summary>
    public byte[] Request(byte[] body, params string[] headers) => [.. Head(headers, $"Content-Length: {body.Length}"), .. body];

    public byte[] Head(string[] headers, string framing)
    {
        string type = headers.Any(header => header.StartsWith("Content-Type:", StringComparison.Ordinal))
            ? ""
            : $"Content-Type: {UploadPack.RequestType}\r\n";
        return Encoding.Latin1.GetBytes(
            $"POST /{Name}/git-upload-pack HTTP/1.1\r\nHost: primary\r\n{type}{string.Concat(headers.Select(header => header + "\r\n"))}"
                + $"{framing}\r\nConnection: close\r\n\r\n"
        );
    }

    /// <summary>The process lives, and the next clone is right.</summary>
    public async Task AssertStillServesAsync()
    {
        Assert.True(Node.IsRunning, $"the node has ended; its log:\n{(Node.IsRunning ? "" : Node.Log)}");
        using var folder = new TempFolder();
        GitClient client = new(folder);
        await client.RunAsync("clone", "--quiet", "--bare", Node.UrlOf(_repository!).AbsoluteUri, "after");
        Assert.Equal(Tip, await client.In("after").ReadAsync("rev-parse", "main"));
    }
}
