using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Lfs;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Mirrors.Packing;
using Waystation.CacheStore.Mirrors.Upkeep;
using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Packs.Storing;
using Waystation.CacheStore.Pushes;
using Waystation.CacheStore.Scrubbing;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Standing;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Authorization;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Flights;
using Waystation.FetchCore.Forecasts;
using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Peers;
using Waystation.FetchCore.Prewarming;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Pushes;
using Waystation.FetchCore.Refs;
using Waystation.FetchCore.Snapshots;
using Waystation.FetchCore.Vet;
using Waystation.Primaries;
using Waystation.Primaries.Http;
using Waystation.Primaries.Ssh;
using Waystation.Proxy.Admin;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Connections;
using Waystation.Proxy.Connections.Certificates;
using Waystation.Proxy.Dashboard;
using Waystation.Proxy.Hooks;
using Waystation.Proxy.Http.Endpoints;
using Waystation.Proxy.Http.Forwarding;
using Waystation.Proxy.Http.Headers;
using Waystation.Proxy.Limits;
using Waystation.Proxy.Options;
using Waystation.Proxy.Options.Reading;
using Waystation.Proxy.Telemetry;
using Waystation.Proxy.Work;
using Waystation.SshFrontend;

namespace Waystation.Proxy.Hosting;

/// <summary>One node: the composition root. Settings in, two doors open, all put together in one place.</summary>
internal static class Node
{
    /// <summary>Bytes: four reads of a socket, see <see cref="LargeBlocks"/>.</summary>
    private const long MinReceived = 128 * 1024;

    /// <summary>Bytes: the server's own limit.</summary>
    private const int LongestRequestLine = 8 * 1024;

    /// <summary>How long open answers may take to finish once the node is told to stop.</summary>
    private static readonly TimeSpan s_drain = TimeSpan.FromSeconds(30);

    /// <summary>Runs until SIGTERM, SIGINT or <paramref name="cancellationToken"/>.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="configuration">The source of the settings, of which some are read again while the node runs.</param>
    /// <param name="mapPages">Maps the pages of the admin API.</param>
    /// <param name="cancellationToken">Ends the node.</param>
    /// <exception cref="SettingsException">The node would ask itself.</exception>
    /// <exception cref="DataFolderException">The data folder may not be used.</exception>
    public static async Task RunAsync(
        NodeOptions options,
        IConfiguration configuration,
        Action<AdminApi> mapPages,
        CancellationToken cancellationToken
    )
    {
        if (await OwnAddresses.FindLoopsAsync(options, cancellationToken) is { Count: > 0 } loops)
        {
            throw new SettingsException(loops);
        }

        using var folder = new DataFolder(options.Data, TimeProvider.System, options.Disk.Reserve);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory }
        );
        NodeLogging.Add(builder.Logging, options);
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = s_drain);
        AddServices(builder.Services, options, configuration, folder);
        AdminDescription.Add(builder.Services);
        if (options.Ssh.IsOn)
        {
            SshServices.Add(builder.Services, options.Ssh, options.Outage.ServeFor, folder);
        }

        List<ListenOptions> clientDoors = [];
        List<ListenOptions> redirectDoors = [];
        ListenOptions? adminDoor = null;
        builder
            .WebHost.UseSockets(sockets => Carry(sockets, options))
            .UseKestrelCore()
            .UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel =>
            {
                Limit(kestrel, options);
                foreach (ListenAddress address in options.Listen)
                {
                    kestrel.Listen(address.EndPoint, door => clientDoors.Add(OpenDoor(door, address, kestrel.ApplicationServices)));
                }

                foreach (ListenAddress address in options.Tls.RedirectFrom)
                {
                    kestrel.Listen(address.EndPoint, door => redirectDoors.Add(OpenRedirectDoor(door, kestrel.ApplicationServices)));
                }

                kestrel.Listen(options.Admin.Listen.EndPoint, door => adminDoor = OpenAdminDoor(door));
            });
        // After the server's own, which would come before one that is there already.
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, LargeBlocks>();

        await using WebApplication app = builder.Build();
        using IDisposable? export = options.Telemetry.OtlpUrl is null ? null : Export(options);
        if (!folder.IsWritable)
        {
            app.Logger.DataFolderReadOnly();
        }

        // Before anything counts: a counter shows from its first value on that somebody listens for.
        _ = app.Services.GetRequiredService<PrometheusPage>();
        _ = app.Services.GetRequiredService<PackPrewarmer>();
        _ = app.Services.GetRequiredService<LostHistory>();
        _ = app.Services.GetRequiredService<MirrorLags>();
        GitEndpoints clients = app.Services.GetRequiredService<GitEndpoints>();
        // Put together at the first request: what these pages need is needed for nothing else, and takes a fifth of the start.
        var admin = new Lazy<RequestDelegate>(() =>
            AdminPages.Build(app.Services, mapPages, app.Services.GetRequiredService<DashboardRoutes>().Map)
        );
        ConnectionDoor door = app.Services.GetRequiredService<ConnectionDoor>();
        HttpsRedirect redirect = app.Services.GetRequiredService<HttpsRedirect>();
        RequestDelegate counted = app.Services.GetRequiredService<RequestDoor>().Before(clients.HandleAsync);
        RequestDelegate requests = app.Services.GetRequiredService<ForwardedClient>().Before(context => door.HandleAsync(context, counted));
        app.Run(context =>
            context.Features.Get<AdminDoor>() is not null ? admin.Value(context)
            : context.Features.Get<RedirectDoor>() is not null ? door.HandleAsync(context, redirect.HandleAsync)
            : requests(context)
        );
        await app.StartAsync(cancellationToken);
        foreach (ListenOptions open in redirectDoors)
        {
            redirect.Opened(clientDoors[options.Listen.ToList().FindIndex(static address => address.IsTls)].IPEndPoint!.Port);
            app.Logger.Redirects($"http://{open.IPEndPoint}");
        }

        app.Services.GetService<NodeAddress>()
            ?.Opened([.. options.Listen.Zip(clientDoors, static (address, open) => (address.IsTls, open.IPEndPoint!))]);

        string listen = string.Join(',', options.Listen.Zip(clientDoors, static (address, door) => address.UrlAt(door.IPEndPoint!)));
        await Console.Out.WriteLineAsync(
            $"waystation ready listen={listen} admin={options.Admin.Listen.UrlAt(adminDoor!.IPEndPoint!)} "
                + $"ssh={app.Services.GetService<SshFrontDoor>()?.Address ?? "off"}"
        );
        await Console.Out.FlushAsync(cancellationToken);
        ReadyNotice.Send(app.Logger);
        await app.WaitForShutdownAsync(cancellationToken);
    }

    /// <summary>Not in the method that starts a node: that would load the exporter where nothing is exported.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static OtlpExport Export(NodeOptions options) => new(options.Telemetry, options.Farm.Name);

    private static void AddServices(IServiceCollection services, NodeOptions options, IConfiguration configuration, DataFolder folder) =>
        services
            .AddHttpForwarder()
            .AddSingleton(TimeProvider.System)
            .AddSingleton(new NodeStart(TimeProvider.System.GetUtcNow()))
            .AddSingleton(options.Access)
            .AddSingleton(options.Admin)
            .AddSingleton(options.Hooks)
            .AddSingleton(options.Notify)
            .AddSingleton(folder)
            .AddSingleton(options.PackCache)
            .AddSingleton(options.Disk)
            .AddSingleton(options.Strangers)
            .AddSingleton<SpaceBudget>()
            .AddSingleton<LfsOptions>(options.Lfs)
            .AddSingleton<LfsStore>()
            .AddSingleton(new Meter(FetchMeters.MeterName))
            .AddSingleton<PrometheusPage>()
            .AddSingleton<StoreMeters>()
            .AddSingleton<FetchMeters>()
            .AddSingleton<RecentFetches>()
            .AddSingleton<LiveFetches>()
            .AddSingleton<RepositoryTallies>()
            .AddSingleton<FetchObserver>()
            .AddSingleton<DoorMeters>()
            .AddSingleton<HttpRepositories>()
            .AddSingleton<DiskPackTier>()
            .AddSingleton<IPackTier>(static provider => provider.GetRequiredService<DiskPackTier>())
            .AddSingleton(static provider => new PackAdmission(provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<FillTable>()
            .AddSingleton<CredentialDigester>()
            .AddSingleton<ClientIdentity>()
            .AddSingleton<RestlessFields>()
            .AddSingleton(options.Mirrors)
            .AddSingleton<GitProgram>()
            .AddSingleton<MirrorSet>()
            .AddSingleton<LookupLimiter>()
            .AddSingleton<ObjectQueries>()
            .AddSingleton<MirrorUpkeep>()
            .AddSingleton<UploadPack>()
            .AddSingleton<IncrementPacks>()
            .AddSingleton<PackObjectsLimiter>()
            .AddSingleton<ReachabilityChecker>()
            .AddSingleton<BackgroundWork>()
            .AddSingleton<MirrorAdmission>()
            .AddSingleton<MirrorRefsUpdate>()
            .AddSingleton<IPeers, NoPeers>()
            .AddSingleton<IPushKeeper, OwnMirrors>()
            .AddSingleton<HolderTransfer>()
            .AddSingleton<MirrorTransfer>()
            .AddSingleton<MirrorSync>()
            .AddSingleton<MirrorBootstrap>()
            .AddSingleton<SyncOnRefChange>()
            .AddSingleton(options.Work)
            .AddSingleton<WorkMeters>()
            .AddSingleton(provider => new SshClient(folder.Temporary, provider.GetRequiredService<ILogger<SshClient>>()))
            .AddSingleton<ServicePrimaries>()
            .AddSingleton<IServicePrimaries>(static provider => provider.GetRequiredService<ServicePrimaries>())
            .AddSingleton<WorkRequests>()
            .AddSingleton(options.Vet)
            .AddSingleton<VetReport>()
            .AddSingleton<UpkeepWork>()
            .AddSingleton<RepositoryWork>(static provider => provider.GetRequiredService<UpkeepWork>())
            .AddSingleton<VetWork>()
            .AddSingleton<RepositoryWork>(static provider => provider.GetRequiredService<VetWork>())
            .AddSingleton<RepositoryWork, WarmWork>()
            .AddSingleton<WorkQueue>()
            .AddHostedService(static provider => provider.GetRequiredService<WorkQueue>())
            .AddSingleton<MirrorLags>()
            .AddSingleton<RepositoryHealth>()
            .AddSingleton<ForecastService>()
            .AddSingleton<CloneExplainer>()
            .AddSingleton<RepositoryList>()
            .AddSingleton<KeptRepositories>()
            .AddSingleton(provider => new Scrubber(
                provider.GetRequiredService<DiskPackTier>(),
                provider.GetRequiredService<MirrorSet>(),
                provider.GetRequiredService<LfsStore>(),
                provider.GetRequiredService<DataFolder>(),
                options.Vet.ScrubWithin,
                provider.GetRequiredService<TimeProvider>()
            ))
            .AddHostedService<ScrubRounds>()
            .AddSingleton<VetRounds>()
            .AddHostedService(static provider => provider.GetRequiredService<VetRounds>())
            .AddHostedService<SyncNotice>()
            .AddHostedService(provider => new SelectionReload(
                configuration,
                provider.GetRequiredService<PrimaryMap>(),
                provider.GetRequiredService<ServerCertificates>(),
                provider.GetRequiredService<ILogger<SelectionReload>>()
            ))
            .AddSingleton<Increments>()
            .AddSingleton<LocalRung>()
            .AddSingleton<ClonePatterns>()
            .AddSingleton<PackPrewarmer>()
            .AddSingleton<PrimaryHistory>()
            .AddSingleton<LostHistory>()
            .AddSingleton<WantsAndHavesFilter>()
            .AddSingleton(provider =>
            {
                var tickets = new AccessTickets(
                    provider.GetRequiredService<TimeProvider>(),
                    options.Access.TicketLifetime,
                    options.Outage.ServeFor,
                    provider.GetService<ITicketExchange>()
                );
                provider.GetRequiredService<FetchMeters>().ObserveTickets(() => tickets.Bytes);
                return tickets;
            })
            .AddSingleton(static provider => new RefsService(
                provider.GetRequiredService<RefsCoalescer>(),
                provider.GetRequiredService<OutageRefs>(),
                provider.GetRequiredService<AccessTickets>(),
                provider.GetRequiredService<SyncOnRefChange>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopped
            ))
            .AddSingleton<ClientStandings>()
            .AddSingleton(static provider => new FetchAuthorizer(
                provider.GetRequiredService<AccessTickets>(),
                provider.GetRequiredService<RefsService>(),
                provider.GetRequiredService<WantsAndHavesFilter>(),
                provider.GetRequiredService<PrimaryHistory>()
            ))
            .AddSingleton(new RequestMemory(options.Requests.MaxMemory))
            .AddHostedService<MemoryTrim>()
            .AddSingleton<FetchService>()
            .AddSingleton<FetchResponder>()
            .AddSingleton<SnapshotService>()
            .AddSingleton<SnapshotEndpoint>()
            .AddSingleton(provider => new PrimaryMap(
                options.Primaries,
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<Meter>(),
                provider.GetRequiredService<ILogger<Primary>>()
            ))
            .AddSingleton<PassThrough>()
            .AddSingleton<RefsCoalescer>()
            .AddSingleton<OutageRefs>()
            .AddSingleton<UpstreamFactory>()
            .AddSingleton<ChallengeReplay>()
            .AddSingleton<RefsRelay>()
            .AddSingleton<InfoRefsEndpoint>()
            .AddSingleton<UploadPackReader>()
            .AddSingleton<FetchForwarder>()
            .AddSingleton<UnreadForwarder>()
            .AddSingleton<HttpFetchResponder>()
            .AddSingleton<UploadPackEndpoint>()
            .AddSingleton(options.Clients)
            .AddSingleton(options)
            .AddSingleton<TrustedProxies>()
            .AddSingleton<ForwardedClient>()
            .AddSingleton<ProxyProtocol>()
            .AddSingleton<ClientRates>()
            .AddSingleton<RequestsUnderWay>()
            .AddSingleton<RequestDoor>()
            .AddSingleton<ClientAdmission>()
            .AddSingleton<ClientConnections>()
            .AddSingleton<ConnectionDoor>()
            .AddSingleton<HookBodies>()
            .AddSingleton<HookTimes>()
            .AddSingleton<HookEndpoint>()
            .AddSingleton<FarmEndpoint>()
            .AddSingleton<LoopGuard>()
            .AddSingleton<PushCopies>()
            .AddSingleton<PushIngest>()
            .AddSingleton<ReceivePackEndpoint>()
            .AddLfs(options)
            .AddSingleton<GitEndpoints>()
            .AddSingleton<RepositoryPurge>()
            .AddSingleton<DataRemoval>()
            .AddHostedService<ExcludedRemoval>()
            .AddRoutingCore()
            .AddSingleton<AdminAccess>()
            .AddSingleton<AdminFailures>()
            .AddSingleton<LiveStream>()
            .AddSingleton(options.Tls)
            .AddSingleton<ServerCertificates>()
            .AddSingleton<HttpsRedirect>()
            .AddDashboard()
            .AddFarm(options);

    private static void Carry(SocketTransportOptions sockets, NodeOptions options)
    {
        sockets.Backlog = options.Clients.Backlog;
        sockets.MaxReadBufferSize = MaxReceived(options);
        sockets.CreateBoundListenSocket = ListenSocket.Bind;
        // A block goes from the file to the socket on one thread: handed over at each flush, a pack costs a third more. What makes this
        // unsafe elsewhere is a handler on the thread that watches all sockets; the runtime hands what they have done to its pool first.
        sockets.UnsafePreferInlineScheduling = true;
    }

    /// <summary>
    /// Bytes of each connection that the server receives ahead of the reader. With the server's own 1 MiB, a crowd that sends bodies faster
    /// than the node reads them takes 1 MiB a connection. The buffer must hold a whole head.
    /// </summary>
    private static long MaxReceived(NodeOptions options) => Math.Max(MinReceived, options.Access.MaxHeaders + LongestRequestLine);

    private static void Limit(KestrelServerOptions kestrel, NodeOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestHeadersTotalSize = (int)options.Access.MaxHeaders;
        kestrel.Limits.Http2.MaxRequestHeaderFieldSize = (int)options.Access.MaxHeaders;
        // Fields are bytes to a proxy: each goes through one character and comes out as it was, whatever it is coded in.
        kestrel.RequestHeaderEncodingSelector = ConnectionField.EncodingOf;
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        // A push is as long as it is; the bodies that are read here have bounds of their own.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MaxRequestBufferSize = MaxReceived(options);
        kestrel.Limits.RequestHeadersTimeout = options.Clients.HeadTimeout;
        // What the watch for stalls does not see: a client that takes a byte now and then, or that over HTTP/2 reads but opens no window.
        MinDataRate? slowest = options.Clients.MinRate == 0 ? null : new MinDataRate(options.Clients.MinRate, options.Clients.StallTimeout);
        kestrel.Limits.MinResponseDataRate = slowest;
        // Only while the node waits for the client: a primary that takes a push slowly costs the client nothing.
        kestrel.Limits.MinRequestBodyDataRate = slowest;
        // HTTP/2's default windows hold a long push to what 96 KiB a round trip give.
        kestrel.Limits.Http2.InitialStreamWindowSize = 1024 * 1024;
        kestrel.Limits.Http2.InitialConnectionWindowSize = 4 * 1024 * 1024;
    }

    private static ListenOptions OpenDoor(ListenOptions door, ListenAddress address, IServiceProvider services)
    {
        // Before TLS: a handshake that is not ended holds a connection like a head that is not. Taken when the address is bound, for this
        // is called before anybody listens to the counters.
        door.Use(next => services.GetRequiredService<ConnectionDoor>().Watch(next));
        if (address.IsTls)
        {
            door.Protocols = HttpProtocols.Http1AndHttp2;
            door.Use(EndWithoutHello);
            door.UseHttps(services.GetRequiredService<ServerCertificates>().HandshakeOptions);
        }
        else
        {
            door.Protocols = HttpProtocols.Http1;
        }

        return door;
    }

    /// <summary>
    /// Ends a connection whose first record is a handshake without a ClientHello. The TLS stream asks for the certificate when it reads the
    /// ClientHello, so it has none here, and the server would log its exception as a fault.
    /// </summary>
    private static ConnectionDelegate EndWithoutHello(ConnectionDelegate next) =>
        async connection =>
        {
            try
            {
                await next(connection);
            }
            catch (NotSupportedException)
            {
                connection.Abort();
            }
        };

    private static ListenOptions OpenRedirectDoor(ListenOptions door, IServiceProvider services)
    {
        door.Protocols = HttpProtocols.Http1;
        door.Use(next => services.GetRequiredService<ConnectionDoor>().Watch(next));
        door.Use(next =>
            connection =>
            {
                connection.Features.Set(new RedirectDoor());
                return next(connection);
            }
        );
        return door;
    }

    private static ListenOptions OpenAdminDoor(ListenOptions door)
    {
        door.Protocols = HttpProtocols.Http1;
        door.Use(next =>
            connection =>
            {
                connection.Features.Set(new AdminDoor());
                return next(connection);
            }
        );
        return door;
    }

    /// <summary>Marks the connections that came in by an address of <see cref="TlsOptions.RedirectFrom"/>.</summary>
    private sealed class RedirectDoor;

    /// <summary>Marks the connections that came in by the operator's address.</summary>
    private sealed class AdminDoor;
}
