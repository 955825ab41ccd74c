using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Waystation.TestKit.Servers.Lfs;

/// <summary>
/// A primary with Git LFS as the specification says (batch, basic transfers with ranges, verify, locks), beside a storage host.
/// Requests that are not LFS go to an <see cref="ApachePrimary"/>, whose users and repositories it has.
/// </summary>
public sealed class LfsPrimary : IAsyncDisposable
{
    internal const string AuthenticatePath = "/lfs-authenticate";

    private readonly TempFolder _folder = new();
    private readonly int _port = FreePort.Find();
    private readonly int _storagePort = FreePort.Find();
    private readonly GitPassage _passage;
    private readonly LfsApi _api;
    private WebApplication? _app;

    private LfsPrimary(ApachePrimary git, LfsBehaviour behaviour)
    {
        (Git, Behaviour) = (git, behaviour);
        Objects = new LfsObjects(_folder);
        _passage = new GitPassage(git.Url);
        _api = new LfsApi(this, _passage);
    }

    public Uri Url => new($"http://127.0.0.1:{_port}/");

    /// <summary>The address that answers name, where the clients are behind a line; null for <see cref="Url"/>.</summary>
    public Uri? CalledAs { get; set; }

    /// <summary>The storage has another host name than the primary, as an object store has.</summary>
    public Uri StorageUrl => new($"http://127.0.0.2:{_storagePort}/");

    /// <summary>Where the SSH server asks for the answer of <c>git-lfs-authenticate</c>.</summary>
    internal Uri AuthenticateUrl => new(Url, AuthenticatePath);

    /// <summary>The web server of the repositories.</summary>
    public ApachePrimary Git { get; }

    public LfsBehaviour Behaviour { get; set; }

    public LfsUsers Users { get; } = new();

    public LfsObjects Objects { get; }

    public LfsRequests Requests { get; } = new();

    internal Uri ToldUrl => CalledAs ?? Url;

    internal LfsFaults Faults { get; } = new();

    public static async Task<LfsPrimary> StartAsync(LfsBehaviour? behaviour = null)
    {
        var primary = new LfsPrimary(await ApachePrimary.StartAsync(), behaviour ?? new LfsBehaviour());
        try
        {
            await primary.StartAgainAsync();
            return primary;
        }
        catch
        {
            await primary.DisposeAsync();
            throw;
        }
    }

    public Uri UrlOf(PrimaryRepository repository, string? user = null) => Url.To(repository, user);

    /// <summary>Has this go wrong from now on.</summary>
    public void Set(LfsFault fault) => Faults.Set(fault);

    /// <summary>Refuses a user's password to git and to LFS until the result is disposed.</summary>
    public IDisposable Revoke(string user) => new Both(Git.Revoke(user), Users.Revoke(user));

    /// <summary>Closes the addresses of the primary and of the storage, and every connection.</summary>
    public async Task StopAsync()
    {
        if (_app is null)
        {
            return;
        }

        using var atOnce = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
        _app = null;
    }

    /// <summary>Opens the same addresses again.</summary>
    public async Task StartAgainAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = null;
                kestrel.Limits.MinRequestBodyDataRate = null;
                kestrel.Limits.MinResponseDataRate = null;
                kestrel.Listen(IPAddress.Loopback, _port);
                kestrel.Listen(IPAddress.Parse(StorageUrl.Host), _storagePort);
            });
        _app = builder.Build();
        _app.Run(HandleAsync);
        await _app.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _passage.Dispose();
        await Git.DisposeAsync();
        _folder.Dispose();
    }

    [SuppressMessage("Design", "CA1031", Justification = "A request that breaks ends alone.")]
    private async Task HandleAsync(HttpContext context)
    {
        try
        {
            await _api.HandleAsync(context, isAtStorage: context.Connection.LocalPort == _storagePort);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested || context.Response.HasStarted)
        {
            context.Abort();
        }
    }

    private sealed class Both(IDisposable first, IDisposable second) : IDisposable
    {
        public void Dispose()
        {
            first.Dispose();
            second.Dispose();
        }
    }
}
