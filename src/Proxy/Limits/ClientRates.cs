using System.Net;
using Waystation.FetchCore.Access;
using Waystation.Primaries;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Limits;

/// <summary>How many requests a client address and a login may send: over HTTP each request counts, over SSH each command.</summary>
internal sealed class ClientRates(ClientOptions options, CredentialDigester digester, TimeProvider time)
{
    /// <summary>A bucket takes some 200 bytes: 13 MiB at most.</summary>
    private const int MaxKeys = 65_536;

    private readonly TokenBuckets<IPAddress> _addresses = new(options.MaxRequestsPerAddress, MaxKeys, time);
    private readonly TokenBuckets<Credential> _logins = new(options.MaxRequestsPerCredential, MaxKeys, time);

    /// <summary>Counts a request of an address.</summary>
    /// <returns>Null if it may be served; else the time after which the next one may.</returns>
    public TimeSpan? Count(IPAddress address) => _addresses.Take(ClientNetworks.Counted(address));

    /// <summary>Counts a request of a login. Requests without one count for their address only.</summary>
    public TimeSpan? Count(Credential credential) => credential.IsAnonymous ? null : _logins.Take(credential);

    /// <summary>
    /// Counts a request of a login by its secret alone: with everything that may identify a client, a client would be somebody else for
    /// each field that it invents.
    /// </summary>
    /// <param name="kind">What the secret is.</param>
    /// <param name="secret">The secret; only a keyed digest of it is kept.</param>
    public TimeSpan? CountSecret(string kind, string secret) =>
        _logins.HasLimit && secret.Length > 0 ? Count(digester.Digest([new($"rate {kind}", secret)])) : null;
}
