using Waystation.CacheStore.Options;

namespace Waystation.Primaries;

/// <summary>Accepts the URL of a server: scheme, host and perhaps a port.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ServerUrlAttribute() : AcceptedAttribute("an http:// or https:// URL without a path, such as https://git.example.com")
{
    public override bool IsValid(object? value) =>
        value is Uri { Scheme: "http" or "https", PathAndQuery: "/", Fragment: "", UserInfo: "", Host.Length: > 0 };
}
