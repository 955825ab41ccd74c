using Waystation.CacheStore.Options;

namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>Accepts an address that an <see cref="HttpKeyAuthority"/> can be asked at.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class KeyAuthorityUrlAttribute() : AcceptedAttribute("an https:// URL, or an http:// URL on loopback")
{
    public override bool IsValid(object? value) => value is Uri url && HttpKeyAuthority.Accepts(url);
}
