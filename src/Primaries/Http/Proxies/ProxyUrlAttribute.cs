using Waystation.CacheStore.Options;

namespace Waystation.Primaries.Http.Proxies;

/// <summary>Accepts the URL of a proxy, without a login: a password belongs into a file.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ProxyUrlAttribute()
    : AcceptedAttribute("an http://, https:// or socks5:// URL without a login and a path, such as http://proxy.example.com:3128")
{
    /// <inheritdoc />
    public override bool IsValid(object? value) =>
        value is Uri { UserInfo: "", Query: "", Fragment: "", Host.Length: > 0 } url
        && url.AbsolutePath is "/" or ""
        && ProxyServer.IsKnown(url.Scheme);
}
