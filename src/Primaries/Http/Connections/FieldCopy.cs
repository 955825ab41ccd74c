using System.Net.Http.Headers;

namespace Waystation.Primaries.Http.Connections;

/// <summary>Copies the header fields of a message.</summary>
internal static class FieldCopy
{
    /// <summary>Adds the fields of another message unchanged, without a check of their values.</summary>
    /// <param name="to">The target.</param>
    /// <param name="from">The source.</param>
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
