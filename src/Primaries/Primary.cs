using System.IO.Enumeration;
using System.Net;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.Primaries.Gate;
using Waystation.Primaries.Http;
using Waystation.Primaries.Http.Proxies;
using Waystation.Primaries.Http.Trust;
using Waystation.Primaries.Ssh;

namespace Waystation.Primaries;

/// <summary>One primary: its addresses, the names of its repositories, and which of them are cached.</summary>
public sealed class Primary : IDisposable
{
    private readonly PrimaryOptions _options;
    private readonly ReadBudget _budget;
    private ProjectOptions _selection;
    private ClientList _clients;

    /// <param name="options">The operator's settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public Primary(PrimaryOptions options, TimeProvider time, ILogger<Primary> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _selection = options.Projects;
        _clients = new ClientList(options.Clients);
        _budget = new ReadBudget(options.MaxRequests, time);
        var origin = new HttpOriginOptions
        {
            Url = options.Url,
            Address = options.ConnectTo,
            Trust = new PrimaryTrust(options.Tls, time, logger),
            Proxy = options.Route,
            StorageProxy = ProxyRoute.Of(options.Proxy),
            ReconnectEvery = options.ReconnectEvery,
            AnswerWithin = options.AnswerWithin,
            OwnQuestion = OwnQuestionOf,
        };
        Http = new HttpOrigin(origin, _budget, time, logger);
        Ssh = options.Ssh is { } target ? new SshOrigin(target, options.AnswerWithin, _budget, time, logger) : null;
    }

    /// <summary>The primary over HTTP.</summary>
    public HttpOrigin Http { get; }

    /// <summary>The primary's SSH; null if the node has none to use.</summary>
    public SshOrigin? Ssh { get; }

    /// <summary>
    /// The host and, unless it is the default port of the scheme, the port: the name of the primary in the names of its repositories.
    /// </summary>
    public string Authority => Http.Authority;

    /// <summary>The host in names of repositories for which HTTP has no path.</summary>
    public string SshOnlyHost => $"ssh:{Authority}";

    /// <summary>How the primary gives objects by id.</summary>
    public VisibilityRule Visibility => _options.Visibility;

    /// <summary>The requests for which it may decide by the client's address.</summary>
    public AddressRule DecidesByAddress => _options.DecidesByAddress;

    /// <summary>The node's own credential; null if it has none.</summary>
    public ServiceOptions? Service => _options.Service.IsSet ? _options.Service : null;

    /// <summary>
    /// The name of the repository that a client calls so over HTTP; null if this primary has no repository at such a path.
    /// </summary>
    public RepositoryName? NameOf(string path) =>
        RepositoryPaths.NameOf(_options.Kind, path) is { } name ? new RepositoryName(Authority, name) : null;

    /// <summary>The name of the repository that an operator calls so: by its name, or by its path over HTTP.</summary>
    public RepositoryName? NameOfText(string text) =>
        RepositoryPaths.NameOfText(_options.Kind, text) is { } name ? new RepositoryName(Authority, name) : null;

    /// <summary>The path over HTTP of a repository of this primary.</summary>
    public string HttpPathOf(RepositoryName repository)
    {
        return RepositoryPaths.HttpPathOf(_options.Kind, repository.Path);
    }

    /// <summary>The path over SSH of a repository of this primary.</summary>
    public string SshPathOf(RepositoryName repository)
    {
        return RepositoryPaths.SshPathOf(_options.Kind, _options.SshPathPrefix, repository.Path);
    }

    /// <summary>
    /// The name of the repository with this path over SSH: the same as over HTTP if it is the same repository. A path that HTTP does not
    /// have gets a name apart from all HTTP names.
    /// </summary>
    public RepositoryName NameOverSsh(string sshPath) =>
        PathOverHttp(sshPath) is { } same && NameOf(same) is { } name ? name : new RepositoryName(SshOnlyHost, sshPath);

    /// <summary>
    /// The path over HTTP of the repository with this path over SSH, without a leading slash, percent-coded; null if HTTP has no such path.
    /// </summary>
    public string? HttpPathOverSsh(string sshPath) => PathOverHttp(sshPath) ?? PlainPath(sshPath);

    /// <summary>Whether this node may hold anything now. If not, it is as if no project were selected.</summary>
    public Func<bool> MayHold { get; set; } = static () => true;

    /// <summary>Whether the operator wants the repository cached that a client calls so over SSH.</summary>
    public bool SelectsOverSsh(string sshPath)
    {
        return Selects(PathOverHttp(sshPath) ?? sshPath.TrimStart('/'));
    }

    /// <summary>Whether the operator wants the repository cached that a client calls so over HTTP.</summary>
    public bool Selects(string path) => MayHold() && IsSelected(path);

    /// <summary>How long the data of an excluded repository stays.</summary>
    public TimeSpan KeepsExcludedFor => Volatile.Read(ref _selection).RemoveAfter;

    /// <summary>Whether the operator wants this repository cached, whatever this node may hold now.</summary>
    public bool IsSelected(RepositoryName repository) => IsSelected(repository.Path.TrimStart('/'));

    private bool IsSelected(string path)
    {
        ProjectOptions chosen = Volatile.Read(ref _selection);
        return (chosen.Include.Count == 0 || chosen.Include.Any(glob => Matches(glob, path)))
            && !chosen.Exclude.Any(glob => Matches(glob, path));
    }

    /// <summary>Whether the operator lets the client with this address ask this primary through the node.</summary>
    /// <param name="client">The address; null if it is not known.</param>
    public bool Admits(IPAddress? client)
    {
        return Volatile.Read(ref _clients).Admits(client);
    }

    /// <summary>Changes which projects are selected and which clients are admitted; the rest stays as it was at the start.</summary>
    public void Reselect(PrimaryOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Volatile.Write(ref _selection, options.Projects);
        Volatile.Write(ref _clients, new ClientList(options.Clients));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Http.Dispose();
        Ssh?.Dispose();
    }

    private string? PathOverHttp(string sshPath) => RepositoryPaths.OverHttp(_options.Kind, _options.SshPathPrefix, sshPath);

    /// <summary>The path without redundant segments, percent-coded; null if it climbs out.</summary>
    private static string? PlainPath(string sshPath)
    {
        string plain = string.Join('/', sshPath.Split('/').Where(static part => part is not ("" or ".")).Select(Uri.EscapeDataString));
        return RepositoryPath.IsWellFormed(plain) ? plain : null;
    }

    private (string Path, string? Authorization) OwnQuestionOf(RepositoryName repository)
    {
        bool mayLogIn = Service is { PasswordFile: not null } && Selects(repository.Path);
        return (HttpPathOf(repository), mayLogIn ? ServiceLogin.HeaderOf(Service!) : null);
    }

    private static bool Matches(string glob, string path) =>
        FileSystemName.MatchesSimpleExpression(glob, path, ignoreCase: false)
        || (
            path.EndsWith(".git", StringComparison.Ordinal)
            && FileSystemName.MatchesSimpleExpression(glob, path.AsSpan()[..^4], ignoreCase: false)
        );
}
