using System.ComponentModel.DataAnnotations;
using System.Net;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Options;
using Waystation.CacheStore.Packs;
using Waystation.Farm;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Vet;
using Waystation.Primaries;

namespace Waystation.Proxy.Options;

/// <summary>
/// All settings. A property is a section, or a setting if it has <see cref="SettingAttribute"/>. The order is that of the help and of
/// <c>docs/settings.md</c>. <c>OptionsReader</c> fills it.
/// </summary>
internal sealed class NodeOptions : IValidatableObject
{
    public IReadOnlyList<PrimaryOptions> Primaries { get; init; } = [];

    [Setting(
        "The folder for all that this node keeps. No other node may use it.",
        Option = "--data",
        ValueName = "DIR",
        Page = "operations.md#data-folder"
    )]
    [Required]
    public string Data { get; init; } = "";

    [Setting(
        "The addresses for clients. Port 0 takes a free port.",
        Option = "--listen",
        ValueName = "URL",
        Page = "operations.md#listening-and-tls"
    )]
    public IReadOnlyList<ListenAddress> Listen { get; init; } = [new(new IPEndPoint(IPAddress.Loopback, 8080), IsTls: false)];

    [Setting(
        "The balancers in front of this node. It believes what they say about a client: X-Forwarded-For, -Proto, -Host, PROXY protocol.",
        Page = "operations.md#a-balancer-in-front"
    )]
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    public TlsOptions Tls { get; init; } = new();

    public SshOptions Ssh { get; init; } = new();

    public AdminOptions Admin { get; init; } = new();

    public AccessOptions Access { get; init; } = new();

    public OutageOptions Outage { get; init; } = new();

    public RequestOptions Requests { get; init; } = new();

    public PackCacheOptions PackCache { get; init; } = new();

    public MirrorOptions Mirrors { get; init; } = new();

    public LfsServingOptions Lfs { get; init; } = new();

    public DiskOptions Disk { get; init; } = new();

    public StrangerOptions Strangers { get; init; } = new();

    public VetOptions Vet { get; init; } = new();

    public WorkOptions Work { get; init; } = new();

    public HookOptions Hooks { get; init; } = new();

    public NotifyOptions Notify { get; init; } = new();

    public ClientOptions Clients { get; init; } = new();

    public FarmOptions Farm { get; init; } = new();

    public LogOptions Log { get; init; } = new();

    public TelemetryOptions Telemetry { get; init; } = new();

    /// <summary>Checks that concern several sections.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        bool hasTls = Listen.Any(static address => address.IsTls);
        if (hasTls && Tls.AllFiles.Count == 0)
        {
            yield return new("a PEM or PFX file, because Listen has an https:// address", ["Tls:Certificate"]);
        }

        if (!hasTls && Tls.RedirectFrom.Count > 0)
        {
            yield return new("an https:// address too, because Tls:RedirectFrom sends clients there", [nameof(Listen)]);
        }

        if (!Tls.AllowPlain && Listen.Any(static address => address is { IsTls: false, IsLoopback: false }))
        {
            yield return new(
                "https:// with Tls:Certificate, or an address of loopback, because passwords would cross the network in plain text; "
                    + "behind a balancer that ends TLS, or on a network that you trust, set Tls:AllowPlain to true",
                [nameof(Listen)]
            );
        }

        string[] hosts = [.. Primaries.Where(static primary => primary.Url is not null).Select(static primary => primary.Url.Host)];
        if (hosts.Distinct(StringComparer.OrdinalIgnoreCase).Count() < hosts.Length)
        {
            yield return new("primaries with different host names, because the node tells them apart by host name", [nameof(Primaries)]);
        }

        if (!Ssh.IsOn)
        {
            yield break;
        }

        int overSsh = Primaries.Count(static primary => primary.SshUrl is not null);
        if (overSsh > 1 || (overSsh == 0 && Primaries.Count > 1))
        {
            yield return new(
                "exactly one primary with an SshUrl, because Ssh:Listen is set and an SSH client does not name the host",
                [nameof(Primaries)]
            );
        }

        if (Ssh.TakesAgents && overSsh == 0)
        {
            yield return new(
                "the primary's SSH URL (--primary-ssh), because Ssh:Listen is set and users' agents log in there; "
                    + "or set Ssh:Agent to false and give a key authority",
                ["Primaries:0:SshUrl"]
            );
        }
    }
}
