using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Waystation.Proxy.Tests.Servers;

/// <summary>The head of a request as the primary got it.</summary>
public sealed record SeenRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Connection)
{
    public static SeenRequest From(HttpContext context) =>
        new(
            context.Request.Method,
            context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            context.Request.Headers.ToDictionary(
                header => header.Key,
                header => string.Join(", ", header.Value.AsEnumerable()),
                StringComparer.OrdinalIgnoreCase
            ),
            context.Connection.Id
        );

    /// <summary>The value of a header, or null.</summary>
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
