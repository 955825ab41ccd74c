using System.Buffers;
using Waystation.CacheStore.Options;

namespace Waystation.Proxy.Options.Checks;

/// <summary>Accepts the name of a request header without a login: ignoring a login would give one user's responses to another.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class HeaderNameAttribute()
    : AcceptedAttribute("the name of a request header, such as X-Trace, but not Authorization, Cookie or Host")
{
    /// <summary>RFC 9110, section 5.6.2: a token.</summary>
    private static readonly SearchValues<char> s_token = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~"
    );

    private static readonly HashSet<string> s_logins = new(StringComparer.OrdinalIgnoreCase) { "Authorization", "Cookie", "Host" };

    public override bool IsValid(object? value) =>
        value is string { Length: > 0 } name && !name.AsSpan().ContainsAnyExcept(s_token) && !s_logins.Contains(name);
}
