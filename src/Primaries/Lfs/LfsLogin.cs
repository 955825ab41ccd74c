using Microsoft.Extensions.Primitives;
using Waystation.GitProtocol.Lfs;

namespace Waystation.Primaries.Lfs;

/// <summary>The client for which an object is downloaded, as the primary knows it.</summary>
/// <param name="Fields">The header fields for a primary that demands them with the object; empty if the action needs none.</param>
/// <param name="WhenRefused">Called when the primary itself refuses the object with 401 or 403.</param>
public sealed record LfsLogin(IReadOnlyList<KeyValuePair<string, StringValues>> Fields, Action WhenRefused)
{
    /// <summary>Whether the primary's action repeats the client's own login instead of a token for the object.</summary>
    public bool IsInAction { get; init; }

    /// <summary>Whether an action repeats a value of these fields of the client.</summary>
    public static bool IsRepeatedIn(LfsAction action, IReadOnlyList<KeyValuePair<string, StringValues>> fields)
    {
        ArgumentNullException.ThrowIfNull(action);
        return fields.Any(field =>
            LfsFields.IsSecret(field.Key)
            && field.Value.Any(value => value is { Length: > 0 } && action.Header.Any(said => Has(said.Value, SecretOf(value))))
        );
    }

    /// <summary>The value without the name of its scheme, which a primary may write in another way.</summary>
    private static string SecretOf(string value) => value[(value.LastIndexOf(' ') + 1)..];

    private static bool Has(string said, string secret) => secret.Length > 0 && said.Contains(secret, StringComparison.Ordinal);
}
