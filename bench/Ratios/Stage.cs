using Waystation.TestKit.Servers;

namespace Waystation.Ratios;

/// <summary>All who take part: a primary, a node with its defaults in front of it, and nginx beside them.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private ApachePrimary? primary;
    private WaystationNode? node;
    private NginxServer? nginx;
    private TlsFiles? tls;
    private PrimaryRepository? large;
    private PrimaryRepository? busy;

    public TempFolder Folder { get; } = new();

    public ApachePrimary Primary => primary ?? throw new InvalidOperationException("not set up");

    public WaystationNode Node => node ?? throw new InvalidOperationException("not set up");

    public NginxServer Nginx => nginx ?? throw new InvalidOperationException("not set up");

    public TlsFiles Tls => tls ?? throw new InvalidOperationException("not set up");

    /// <summary>What the node held in memory when it was ready and had served nobody.</summary>
    public long IdleBytes { get; private set; }

    /// <summary>96 MiB that no compression makes smaller: what counts is how fast bytes go out.</summary>
    public PrimaryRepository Large => large ?? throw new InvalidOperationException("not set up");

    /// <summary>Tens of thousands of files: what counts is how long git thinks.</summary>
    public PrimaryRepository Busy => busy ?? throw new InvalidOperationException("not set up");

    public static async Task<Stage> SetUpAsync()
    {
        var stage = new Stage();
        try
        {
            await Console.Error.WriteLineAsync("bench: setting up");
            stage.tls = await TlsFiles.CreateAsync(stage.Folder);
            stage.primary = await ApachePrimary.StartAsync();
            stage.large = await stage.primary.CreateAsync("public/large.git", new History(Seed: 1) { IncompressibleBytes = 96L << 20 });
            stage.busy = await stage.primary.CreateAsync("public/busy.git");
            await SourceTree.ImportAsync(stage.busy, stage.Folder);
            // As a primary that is looked after has it.
            await stage.busy.GitAsync("repack", "-a", "-d", "-q", "--write-bitmap-index");
            await stage.busy.GitAsync("commit-graph", "write", "--reachable");
            stage.node = await WaystationNode.StartAsync(stage.primary.Url, new NodeSettings
            {
                Listen = ["http://127.0.0.1:0", "https://127.0.0.1:0"],
                Options = ["--Tls:Certificate", stage.tls.Certificate, "--Tls:Key", stage.tls.Key],
            });
            stage.IdleBytes = stage.node.ResidentBytes;
            stage.nginx = await NginxServer.StartAsync(stage.tls);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes a body to a file, for curl to post.</summary>
    public async Task<string> BodyFileAsync(string name, byte[] body)
    {
        string file = Folder[name];
        await File.WriteAllBytesAsync(file, body);
        return file;
    }

    public async ValueTask DisposeAsync()
    {
        if (nginx is not null)
            await nginx.DisposeAsync();
        if (node is not null)
            await node.DisposeAsync();
        if (primary is not null)
            await primary.DisposeAsync();
        Folder.Dispose();
    }
}
