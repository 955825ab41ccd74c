using Waystation.CacheStore.Options;

namespace Waystation.Primaries.Lfs;

/// <summary>Accepts a host name or address without scheme, port and path, or <c>*.</c> and a domain.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class StorageHostAttribute() : AcceptedAttribute("a host name such as s3.example.com, or *. and a domain")
{
    /// <inheritdoc />
    public override bool IsValid(object? value) =>
        value is string host
        && Uri.CheckHostName(host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host) != UriHostNameType.Unknown;
}
