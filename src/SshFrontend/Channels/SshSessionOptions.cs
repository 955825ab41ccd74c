using System.Net;
using Waystation.Primaries.Ssh;
using Waystation.SshFrontend.Sshd;

namespace Waystation.SshFrontend.Channels;

/// <summary>The operator's settings for SSH sessions.</summary>
public sealed record SshSessionOptions
{
    /// <summary>The options of sshd.</summary>
    public required SshdOptions Sshd { get; init; }

    /// <summary>The primary's SSH; null if the node may ask it over HTTP only.</summary>
    public SshOrigin? Origin { get; init; }

    /// <summary>Whether a user's forwarded agent logs in at the primary.</summary>
    public bool TakesAgents { get; init; }

    /// <summary>The CA keys about whose certificates the key authority is asked, one a line; null for none.</summary>
    public string? TrustedUserCAKeys { get; init; }

    /// <summary>
    /// Gets the addresses of a session (<c>SSH_CONNECTION</c>), and returns scheme and authority at which its client reaches the node over
    /// HTTP; null if that is the primary's own name.
    /// </summary>
    public Func<string, string?> NodeUrl { get; init; } = static _ => null;

    /// <summary>
    /// Gets the address of a session's client, null if it is not known, and its key. Returns the line by which the operator refuses the
    /// command; null if it may run.
    /// </summary>
    public Func<IPAddress?, string, string?> RefusalOf { get; init; } = static (_, _) => null;

    /// <summary>Commands that run at once.</summary>
    public int MaxSessions { get; init; } = int.MaxValue;

    /// <summary>Commands that run at once for one client address; 0 is no limit.</summary>
    public int MaxSessionsPerAddress { get; init; }

    /// <summary>How long an answer of the primary counts in an outage.</summary>
    public TimeSpan ServeFor { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
