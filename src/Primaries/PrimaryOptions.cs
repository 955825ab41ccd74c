using System.ComponentModel.DataAnnotations;
using System.Net;
using Waystation.CacheStore.Options;
using Waystation.FetchCore.Access;
using Waystation.Primaries.Http.Proxies;
using Waystation.Primaries.Http.Trust;
using Waystation.Primaries.Ssh;

namespace Waystation.Primaries;

/// <summary>The section <c>Primaries:0</c>, and <c>Primaries:1</c> and so on: one primary.</summary>
public sealed class PrimaryOptions : IValidatableObject
{
    [Setting("The primary's URL, by the name that clients use.", Option = "--primary", ValueName = "URL")]
    [Required, ServerUrl]
    public Uri Url { get; init; } = null!;

    /// <summary>Host and SNI stay those of <see cref="Url"/>. The port is 0 if none is given.</summary>
    [Setting(
        "The address to connect to instead, where the primary's name leads clients to the node.",
        Option = "--primary-address",
        ValueName = "HOST:PORT",
        Default = "that of the URL",
        Page = "operations.md#dns-redirection"
    )]
    public DnsEndPoint? Address { get; init; }

    [Setting(
        "The primary's SSH. The node puts the prefix before every path.",
        Option = "--primary-ssh",
        ValueName = "URL",
        Page = "ssh.md#settings"
    )]
    public SshTarget? SshUrl { get; init; }

    [Setting("A known_hosts file with the primary's host keys. SshUrl needs one.", Page = "ssh.md#settings")]
    [ExistingFile]
    public string? SshKnownHosts { get; init; }

    [Setting("The beginning of a repository's path that SSH has and HTTP has not.", Page = "ssh.md#settings")]
    [PathPrefix]
    public string SshPathPrefix { get; init; } = "";

    [Setting(
        "The kind of the server. It says which spellings of a path, over HTTP and SSH, are one repository.",
        Page = "ssh.md#what-works-with-which-primary"
    )]
    public PrimaryKind Kind { get; init; } = PrimaryKind.Generic;

    [Setting(
        "Which objects the primary gives to a client that may read a repository: the advertised ones, or any of the repository.",
        Page = "security.md#who-may-get-a-cached-byte"
    )]
    public VisibilityRule Visibility { get; init; } = VisibilityRule.Advertised;

    [Setting(
        "The requests for which the primary may decide by the client's address: those without a credential, all or none.",
        Page = "security.md#who-may-get-a-cached-byte"
    )]
    public AddressRule DecidesByAddress { get; init; } = AddressRule.Anonymous;

    [Setting(
        "Reads at the primary at once. Further ones wait for ten seconds, then their clients are told to try again (429). 0 is no limit.",
        Page = "operations.md#outages"
    )]
    [Range(0, 100_000)]
    public int MaxRequests { get; init; }

    [Setting("The time that a connection to the primary is used. After it the node resolves the primary's name again.")]
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ReconnectEvery { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// A slow primary is not down. git itself waits for ever, so this is far above the time that any primary at work takes.
    /// </summary>
    [Setting(
        "The time that a primary which takes connections may say nothing to the node's own probe. After it the primary counts as down.",
        Page = "operations.md#outages"
    )]
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(30);

    public PrimaryTlsOptions Tls { get; init; } = new();

    public ProxyOptions Proxy { get; init; } = new();

    public ServiceOptions Service { get; init; } = new();

    public ProjectOptions Projects { get; init; } = new();

    public ClientListOptions Clients { get; init; } = new();

    /// <summary>The host and port to connect to instead of those of <see cref="Url"/>; null if they are the same.</summary>
    public DnsEndPoint? ConnectTo => field ??= Address is { Port: 0 } ? new DnsEndPoint(Address.Host, Url.Port) : Address;

    /// <summary>Its SSH address and host keys; null if the node has none to use.</summary>
    public SshTarget? Ssh =>
        field ??= SshUrl is null ? null : SshUrl with { KnownHostsFile = SshKnownHosts ?? "", ConnectHost = Address?.Host };

    /// <summary>
    /// The proxies on the way over HTTP. Where the operator says the primary's address, the environment's proxy would be in the way.
    /// </summary>
    public ProxyRoute Route => field ??= ConnectTo is null || Proxy.Url is not null ? ProxyRoute.Of(Proxy) : ProxyRoute.Direct;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Url is { Scheme: "http" } && (Tls.Pin.Count > 0 || Tls.Certificate is not null))
        {
            yield return new("an https:// URL, because Tls:Pin or Tls:Certificate is set", [nameof(Url)]);
        }

        if (SshUrl is not null && SshKnownHosts is null)
        {
            yield return new(
                "a known_hosts file with the primary's host keys, because SshUrl is set "
                    + "(ssh-keyscan HOST makes one; compare its fingerprints with those that the primary publishes)",
                [nameof(SshKnownHosts)]
            );
        }

        if (Service.SshKeyFile is not null && Service.PasswordFile is null && SshUrl is null)
        {
            yield return new("the primary's SSH URL, because Service:SshKeyFile is a key for it", [nameof(SshUrl)]);
        }
    }
}
