using Waystation.CacheStore.Options;

namespace Waystation.Proxy.Options.Checks;

/// <summary>Accepts an http or https URL without a user name.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class HttpUrlAttribute() : AcceptedAttribute("an http:// or https:// URL")
{
    public override bool IsValid(object? value) => value is Uri { Scheme: "http" or "https", UserInfo: "" };
}
