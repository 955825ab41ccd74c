using Waystation.CacheStore.Disk;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Pushes;
using Waystation.FetchCore.Refs;
using Waystation.Primaries;
using Waystation.Primaries.Http;
using Waystation.Primaries.Ssh;
using Waystation.Proxy.Http.Endpoints;
using Waystation.Proxy.Options;
using Waystation.SshFrontend;
using Waystation.SshFrontend.Channels;
using Waystation.SshFrontend.KeyAuthorities;
using Waystation.SshFrontend.Relays;
using Waystation.SshFrontend.Sessions;
using Waystation.SshFrontend.Sshd;
using Waystation.SshFrontend.Upstreams;

namespace Waystation.Proxy.Hosting;

/// <summary>The SSH door, put together.</summary>
internal static class SshServices
{
    /// <summary>The relay is beside the program.</summary>
    public static string Relay => Path.Combine(AppContext.BaseDirectory, "waystation-ssh-relay");

    public static void Add(IServiceCollection services, SshOptions options, TimeSpan serveFor, DataFolder data)
    {
        string folder = Path.Combine(data.Root, "ssh");
        DataFolder.CreatePrivate(folder);
        var sshd = new SshdOptions
        {
            Listen = options.Listen!,
            HostKeys = options.HostKeys,
            Folder = folder,
            Relay = Relay,
            AgentForwarding = options.TakesAgents,
            MaxLoginsPerAddress = options.MaxLoginsPerAddress,
        };
        services
            .AddSingleton(options)
            .AddSingleton(sshd)
            .AddSingleton<NodeAddress>()
            .AddSingleton(provider => NewDoor(provider, options, serveFor, sshd))
            .AddSingleton(provider => new RelayListener(
                SshdOptions.SocketOf(folder),
                SshdOptions.OwnUser,
                provider.GetRequiredService<SshSessionHandler>(),
                provider.GetRequiredService<ILogger<RelayListener>>()
            ))
            .AddSingleton<SshdService>()
            .AddSingleton<SshFrontDoor>()
            .AddHostedService(static provider => provider.GetRequiredService<SshFrontDoor>());
        if (options.KeyAuthority.IsSet)
        {
            services.AddSingleton(provider =>
                options.KeyAuthority.Open(provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>())
            );
        }
    }

    private static SshSessionHandler NewDoor(IServiceProvider provider, SshOptions options, TimeSpan serveFor, SshdOptions sshd)
    {
        Primary primary = provider.GetRequiredService<PrimaryMap>().OverSsh;
        var doorOptions = new SshSessionOptions
        {
            Sshd = sshd,
            Origin = primary.Ssh,
            TakesAgents = options.TakesAgents,
            TrustedUserCAKeys = options.TrustedUserCAKeys,
            NodeUrl = provider.GetRequiredService<NodeAddress>().For,
            RefusalOf = provider.GetRequiredService<ClientAdmission>().RefusalOverSsh,
            MaxSessions = options.MaxSessions,
            MaxSessionsPerAddress = options.MaxSessionsPerAddress,
            ServeFor = serveFor,
            Time = provider.GetRequiredService<TimeProvider>(),
        };
        return new SshSessionHandler(
            doorOptions,
            new SessionPrimaries(
                primary,
                provider.GetRequiredService<SshClient>(),
                provider.GetRequiredService<HttpRepositories>(),
                provider.GetRequiredService<RefsService>(),
                provider.GetRequiredService<AccessTickets>(),
                provider.GetRequiredService<CredentialDigester>(),
                provider.GetRequiredService<FetchMeters>()
            ),
            provider.GetRequiredService<FetchResponder>(),
            provider.GetRequiredService<RefsService>(),
            provider.GetRequiredService<PushIngest>(),
            provider.GetService<CachedKeyAuthority>(),
            provider.GetRequiredService<FetchMeters>(),
            provider.GetRequiredService<ILogger<SshSessionHandler>>()
        );
    }
}
