using Microsoft.Extensions.Primitives;

namespace Waystation.Primaries.Http.Responses;

/// <summary>The fields by which the node tells the primary of the client that it asks for.</summary>
public static class ReportedFields
{
    public const string Address = "X-Forwarded-For";
    public const string Scheme = "X-Forwarded-Proto";
    public const string Host = "X-Forwarded-Host";

    /// <summary>The address of the client in a request; null if no client asks.</summary>
    public static string? AddressIn(IReadOnlyList<KeyValuePair<string, StringValues>> headers) => Told(headers, Address);

    /// <summary>Scheme and name by which the client called the node; null if no client asks.</summary>
    public static string? NameIn(IReadOnlyList<KeyValuePair<string, StringValues>> headers) =>
        Told(headers, Host) is { } host ? $"{Told(headers, Scheme)}://{host}" : null;

    private static string? Told(IReadOnlyList<KeyValuePair<string, StringValues>> headers, string name)
    {
        foreach ((string said, StringValues values) in headers)
        {
            if (said == name)
            {
                return values;
            }
        }

        return null;
    }
}
