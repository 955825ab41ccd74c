using System.ComponentModel.DataAnnotations;
using System.Net;
using Waystation.CacheStore.Options;
using Waystation.Primaries;
using Waystation.SshFrontend.KeyAuthorities;

namespace Waystation.Proxy.Options;

/// <summary>The section <c>Ssh</c>: the front end for SSH clients.</summary>
internal sealed class SshOptions
{
    [Setting(
        "The address for SSH clients. Port 0 takes a free port.",
        Option = "--ssh-listen",
        ValueName = "HOST:PORT",
        Default = "off",
        Page = "ssh.md"
    )]
    public IPEndPoint? Listen { get; init; }

    [Setting("Private host keys of this node, without a passphrase.", Default = "made at the first start", Page = "ssh.md#settings")]
    [ExistingFile]
    public IReadOnlyList<string> HostKeys { get; init; } = [];

    [Setting(
        "Whether a user's forwarded agent logs in at the primary.",
        Default = "true without a key authority",
        Page = "ssh.md#settings"
    )]
    public bool? Agent { get; init; }

    /// <summary>
    /// Half of the connections that all addresses may have before sshd refuses some at random, so that one machine keeps no other out; and
    /// twice as many as a CI server opens at once.
    /// </summary>
    [Setting("Connections from one address that have not logged in yet. Further ones are closed. 0 is no limit.", Page = "ssh.md#settings")]
    [Range(0, 10_000)]
    public int MaxLoginsPerAddress { get; init; } = 100;

    /// <summary>A session costs some 10 MiB in processes of sshd.</summary>
    [Setting("Commands of SSH clients that run at once. Further ones are told to try again.", Page = "ssh.md#settings")]
    [Range(1, 100_000)]
    public int MaxSessions { get; init; } = 1_000;

    [Setting("Commands that run at once for one client address. 0 is no limit.", Page = "ssh.md#settings")]
    [Range(0, 100_000)]
    public int MaxSessionsPerAddress { get; init; } = 500;

    [Setting("A file of public keys. The key authority is asked about the certificates that they signed.", Page = "ssh.md#settings")]
    [ExistingFile]
    public string? TrustedUserCAKeys { get; init; }

    [Setting(
        "The URL at which clients of the SSH door reach this node over HTTP. git-lfs is sent there for its objects.",
        Default = "the primary's URL where this node listens on its port, else the address of the SSH connection",
        Page = "lfs.md#ssh-remotes"
    )]
    [ServerUrl]
    public Uri? HttpUrl { get; init; }

    public KeyAuthorityOptions KeyAuthority { get; init; } = new();

    public bool IsOn => Listen is not null;

    public bool TakesAgents => Agent ?? !KeyAuthority.IsSet;
}
