using System.Net;
using Waystation.CacheStore;
using Waystation.Primaries.Http.Proxies;
using Waystation.Primaries.Http.Trust;

namespace Waystation.Primaries.Http;

/// <summary>The address and the limits of an HTTP origin.</summary>
public sealed record HttpOriginOptions
{
    /// <summary>The name that clients use, as an absolute http or https URL without a path.</summary>
    public required Uri Url { get; init; }

    /// <summary>The address to connect to instead (DNS redirection); Host and SNI stay those of <see cref="Url"/>.</summary>
    public DnsEndPoint? Address { get; init; }

    /// <summary>By what the certificates of the origin, and of others on its behalf, are judged.</summary>
    public required PrimaryTrust Trust { get; init; }

    /// <summary>The proxies on the way to the origin.</summary>
    public required ProxyRoute Proxy { get; init; }

    /// <summary>The proxies on the way to storages of LFS objects that the origin names.</summary>
    public required ProxyRoute StorageProxy { get; init; }

    /// <summary>How long a connection is used for further requests; after it the name is resolved again.</summary>
    public TimeSpan ReconnectEvery { get; init; }

    /// <summary>How long an origin that takes connections may say nothing to the node's own look before it counts as down.</summary>
    public TimeSpan AnswerWithin { get; init; }

    /// <summary>
    /// The node's own question for the refs of a repository: its path, and the value of <c>Authorization</c> if the node has a credential
    /// for it.
    /// </summary>
    public required Func<RepositoryName, (string Path, string? Authorization)> OwnQuestion { get; init; }
}
