using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Work;
using Waystation.Primaries;

namespace Waystation.Proxy.Settings;

/// <summary>Everything the operator decides, checked.</summary>
internal sealed record NodeSettings
{
    public required IReadOnlyList<PrimarySettings> Primaries { get; init; }

    public required string Data { get; init; }

    public required IReadOnlyList<ListenAddress> Listen { get; init; }

    public required ListenAddress Admin { get; init; }

    /// <summary>File of the bearer token that the admin address demands; null on loopback.</summary>
    public string? AdminTokenFile { get; init; }

    public TlsFiles? Tls { get; init; }

    public required PackCacheOptions PackCache { get; init; }

    public required MirrorOptions Mirrors { get; init; }

    /// <summary>How long an answer may wait for its mirror before it begins.</summary>
    public required TimeSpan SyncWait { get; init; }

    public required TimeSpan TicketLifetime { get; init; }

    /// <summary>Request headers that say nothing of who asks, beside those that the node knows.</summary>
    public required IReadOnlyList<string> IgnoredHeaders { get; init; }

    /// <summary>What the head of a client's request may take, in bytes.</summary>
    public required int MaxHeaders { get; init; }

    /// <summary>How long a round of the vet takes.</summary>
    public required TimeSpan VetEvery { get; init; }

    public required WorkBounds Work { get; init; }

    /// <summary>Told of each mirror that was brought up to date; null where nobody wants to know.</summary>
    public Uri? NotifyUrl { get; init; }

    /// <summary>File of the secret that signs what <see cref="NotifyUrl"/> is sent.</summary>
    public string? NotifySecretFile { get; init; }

    /// <summary>File of the secrets that forges sign their notices with, a line each; null takes no notices.</summary>
    public string? HooksSecretFile { get; init; }

    /// <summary>The SSH door; null where there is none.</summary>
    public SshSettings? Ssh { get; init; }

    /// <summary>How long in an outage those are served whom the primary accepted; zero serves nobody.</summary>
    public required TimeSpan ServeFor { get; init; }

    /// <summary>What clients may hold by their connections.</summary>
    public required ClientLimits Clients { get; init; }

    /// <summary>What all requests together may hold in memory.</summary>
    public required long RequestMemory { get; init; }

    public bool VerboseLog { get; init; }
}

/// <summary>PEM files for the https addresses.</summary>
internal sealed record TlsFiles(string Certificate, string Key);
