using System.Net.Http.Headers;

namespace Waystation.Primaries.Http.Connections;

/// <summary>Copies the header fields of a message.</summary>
internal static class FieldCopy
{
    /// <summary>Adds the fields of another message as they came, without a check of their values.</summary>
    /// <param name="to">Where they go.</param>
    /// <param name="from">Where they come from.</param>
    /// <param name="withLength">Whether <c>Content-Length</c> is one of them. A body that is changed has another length.</param>
    public static void AddAll(this HttpHeaders to, HttpHeaders from, bool withLength = true)
    {
        foreach ((string name, HeaderStringValues values) in from.NonValidated)
        {
            if (withLength || !string.Equals(name, "Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                to.TryAddWithoutValidation(name, values);
            }
        }
    }
}
