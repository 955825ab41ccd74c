using Waystation.CacheStore.Options;

namespace Waystation.Proxy.Options.Checks;

/// <summary>Accepts a <see cref="ListenAddress"/> without TLS.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PlainHttpAttribute()
    : AcceptedAttribute("an http:// URL with an IP address, localhost or * and a port, such as http://127.0.0.1:8081")
{
    public override bool IsValid(object? value) => value is ListenAddress { IsTls: false };
}
