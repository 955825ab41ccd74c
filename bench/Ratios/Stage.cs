namespace Waystation.Ratios;

/// <summary>All servers: a primary, a node with its defaults in front of it, and nginx beside them. Repositories are made when a
/// measure first asks for them.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly Settings _settings;
    private readonly List<BarChart> _charts = [];
    private readonly Dictionary<string, PrimaryRepository> _repositories = [];
    private ApachePrimary? _primary;
    private WaystationNode? _node;
    private NginxServer? _nginx;
    private TlsFiles? _tls;

    private Stage(Settings settings) => this._settings = settings;

    public TempFolder Folder { get; } = new();

    public ApachePrimary Primary => _primary ?? throw new InvalidOperationException("not set up");

    public WaystationNode Node => _node ?? throw new InvalidOperationException("not set up");

    public NginxServer Nginx => _nginx ?? throw new InvalidOperationException("not set up");

    public TlsFiles Tls => _tls ?? throw new InvalidOperationException("not set up");

    /// <summary>The node's memory when it was ready and had served no request.</summary>
    public long IdleBytes { get; private set; }

    /// <summary>Whether everything is small and fast.</summary>
    public bool IsQuick => _settings.IsQuick;

    /// <summary>The pictures of this run.</summary>
    public IReadOnlyCollection<BarChart> Charts => _charts;

    public static async Task<Stage> SetUpAsync(Settings settings)
    {
        var stage = new Stage(settings);
        try
        {
            stage._tls = await TlsFiles.CreateAsync(stage.Folder);
            stage._primary = await ApachePrimary.StartAsync();
            stage._node = await WaystationNode.StartAsync(
                stage._primary.Url,
                new NodeSettings
                {
                    Listen = ["http://127.0.0.1:0", "https://127.0.0.1:0"],
                    Options = ["--Tls:Certificate", stage._tls.Certificate, "--Tls:Key", stage._tls.Key],
                }
            );
            stage.IdleBytes = stage._node.ResidentBytes;
            stage._nginx = await NginxServer.StartAsync(stage._tls, stage._primary.Url);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    public void Add(BarChart chart) => _charts.Add(chart);

    /// <summary>10 MB of large files.</summary>
    public Task<PrimaryRepository> SmallAsync() =>
        OnceAsync("small", static (_, repository) => LargeFiles.ImportAsync(repository, 10 << 20));

    /// <summary>100 MB that no compression makes smaller: the rate of sending counts.</summary>
    public Task<PrimaryRepository> LargeAsync() =>
        OnceAsync("large", static (stage, repository) => LargeFiles.ImportAsync(repository, (stage.IsQuick ? 32L : 96L) << 20));

    /// <summary>1 GB of large files.</summary>
    public Task<PrimaryRepository> HugeAsync() =>
        OnceAsync("huge", static (stage, repository) => LargeFiles.ImportAsync(repository, (stage.IsQuick ? 64L : 1000L) << 20));

    /// <summary>30,000 small files in a short history: git's computing time counts.</summary>
    public Task<PrimaryRepository> BusyAsync() =>
        OnceAsync(
            "busy",
            static async (stage, repository) =>
            {
                await SourceTree.Wide.ImportAsync(repository, stage.Folder);
                await SourceTree.TidyAsync(repository);
            }
        );

    /// <summary>The repository that CI clones: the given one, else one from a seed with a long history.</summary>
    public Task<PrimaryRepository> ProjectAsync() =>
        OnceAsync(
            "project",
            static async (stage, repository) =>
            {
                if (stage._settings.Repository is { } given)
                {
                    await RealRepository.TakeAsync(repository, given);
                }
                else
                {
                    await (stage.IsQuick ? SourceTree.ShortProject : SourceTree.Project).ImportAsync(repository, stage.Folder);
                }

                await SourceTree.TidyAsync(repository);
            }
        );

    /// <summary>The name of <see cref="ProjectAsync"/> in the table.</summary>
    public string ProjectName => _settings.Repository is { } given ? Path.GetFileNameWithoutExtension(given.TrimEnd('/')) : "seeded";

    /// <summary>Writes a body to a file, for curl to post.</summary>
    public async Task<string> BodyFileAsync(string name, byte[] body)
    {
        string file = Folder[name];
        await File.WriteAllBytesAsync(file, body);
        return file;
    }

    /// <summary>A repository of this name at the primary, made at the first call.</summary>
    public async Task<PrimaryRepository> OnceAsync(string name, Func<Stage, PrimaryRepository, Task> make)
    {
        if (!_repositories.TryGetValue(name, out PrimaryRepository? repository))
        {
            await Console.Error.WriteLineAsync($"bench: making the repository '{name}'");
            repository = await Primary.CreateAsync($"public/{name}.git");
            await make(this, repository);
            _repositories.Add(name, repository);
        }

        return repository;
    }

    public async ValueTask DisposeAsync()
    {
        if (_nginx is not null)
        {
            await _nginx.DisposeAsync();
        }

        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        if (_primary is not null)
        {
            await _primary.DisposeAsync();
        }

        Folder.Dispose();
    }
}
