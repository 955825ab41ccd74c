using System.Net;
using Waystation.FetchCore.Access;
using Waystation.Primaries.Ssh;

namespace Waystation.Primaries;

/// <summary>One primary.</summary>
public sealed record PrimarySettings
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
