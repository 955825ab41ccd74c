using System.Net;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Access;

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

    public bool VerboseLog { get; init; }
}

/// <summary>One primary.</summary>
internal sealed record PrimarySettings
{
    /// <summary>The name that clients use, as an absolute http or https URL without a path.</summary>
    public required Uri Url { get; init; }

    /// <summary>Where to connect instead (DNS redirection); Host and SNI stay those of <see cref="Url"/>.</summary>
    public DnsEndPoint? Address { get; init; }

    public required VisibilityRule Visibility { get; init; }

    /// <summary>Globs over repository paths; empty selects all.</summary>
    public required IReadOnlyList<string> Include { get; init; }

    public required IReadOnlyList<string> Exclude { get; init; }
}

/// <summary>PEM files for the https addresses.</summary>
internal sealed record TlsFiles(string Certificate, string Key);
