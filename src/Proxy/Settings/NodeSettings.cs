using System.Net;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Work;
using Waystation.SshFrontend.Primaries;

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

/// <summary>One primary.</summary>
internal sealed record PrimarySettings
{
    /// <summary>The name that clients use, as an absolute http or https URL without a path.</summary>
    public required Uri Url { get; init; }

    /// <summary>Where to connect instead (DNS redirection); Host and SNI stay those of <see cref="Url"/>.</summary>
    public DnsEndPoint? Address { get; init; }

    public required VisibilityRule Visibility { get; init; }

    /// <summary>Whose address it may decide by, so that what one address was shown is not given to another.</summary>
    public AddressRule DecidesByAddress { get; init; }

    /// <summary>The node's own credential for background work; null where it has none.</summary>
    public ServiceCredential? Service { get; init; }

    /// <summary>What kind of server it is.</summary>
    public PrimaryKind Kind { get; init; }

    /// <summary>Its SSH, and how it proves to be the primary; null where the node is to use none.</summary>
    public SshTarget? Ssh { get; init; }

    /// <summary>What stands before a repository's path over SSH, and not over HTTP.</summary>
    public string SshPathPrefix { get; init; } = "";

    /// <summary>Reads that may be at the primary at once; 0 is no limit.</summary>
    public int MaxRequests { get; init; }

    /// <summary>How long a connection to the primary is used for further requests: after it the primary's name is resolved anew.</summary>
    public TimeSpan ReconnectEvery { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long a primary that takes connections may say nothing to the node's own look before it counts as down. A slow one is not down;
    /// git itself
    /// waits for ever, so this is far above what any primary at work takes.
    /// </summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Globs over repository paths; empty selects all.</summary>
    public required IReadOnlyList<string> Include { get; init; }

    public required IReadOnlyList<string> Exclude { get; init; }
}

/// <summary>A credential of the node's own at the primary.</summary>
/// <param name="Username">With it the secret is a password or token of HTTP Basic; without it a bearer token.</param>
/// <param name="PasswordFile">File of the secret, read anew for each use: it may be exchanged while the node runs. Null where there is only
/// a key.</param>
/// <param name="SshKeyFile">A private key for the primary's SSH, used where there is no password.</param>
internal sealed record ServiceCredential(string? Username, string? PasswordFile, string? SshKeyFile);

/// <summary>PEM files for the https addresses.</summary>
internal sealed record TlsFiles(string Certificate, string Key);
