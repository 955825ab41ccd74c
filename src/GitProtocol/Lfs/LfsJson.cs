using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace Waystation.GitProtocol.Lfs;

/// <summary>
/// The common parts of the readers of LFS messages. Two readers may see two things in a message that has a name twice, so it is no message.
/// </summary>
internal static class LfsJson
{
    public static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <summary>
    /// Whether a message can be written anew. The parser takes texts that are no Unicode, and they fail only when they are read or written.
    /// </summary>
    /// <param name="json">The message.</param>
    /// <param name="root">The same, parsed.</param>
    /// <exception cref="InvalidOperationException">Half of a surrogate pair is in it.</exception>
    public static bool CanBeWritten(ReadOnlySpan<byte> json, JsonElement root)
    {
        if (!Utf8.IsValid(json))
        {
            return false;
        }

        if (json.IndexOf("\\ud"u8) >= 0 || json.IndexOf("\\uD"u8) >= 0)
        {
            ReadTexts(root);
        }

        return true;
    }

    private static void ReadTexts(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (JsonElement one in element.EnumerateArray())
                {
                    ReadTexts(one);
                }

                break;
            case JsonValueKind.Object:
                foreach (JsonProperty member in element.EnumerateObject())
                {
                    _ = member.Name;
                    ReadTexts(member.Value);
                }

                break;
        }
    }

    /// <summary>The text of a member; null if it is missing or no text.</summary>
    public static string? TextOf(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>SHA-256 is the default.</summary>
    public static bool IsSha256(JsonElement message) =>
        !message.TryGetProperty("hash_algo", out JsonElement hash)
        || hash.ValueKind == JsonValueKind.Null
        || (hash.ValueKind == JsonValueKind.String && (hash.ValueEquals("sha256") || hash.ValueEquals("")));

    /// <summary>The members <c>oid</c> and <c>size</c>; null if they are no object's.</summary>
    public static LfsObject? ObjectOf(JsonElement element) =>
        element.ValueKind == JsonValueKind.Object
        && TextOf(element, "oid") is { } oid
        && LfsObjectId.TryParse(oid.AsSpan(), out LfsObjectId id)
        && element.TryGetProperty("size", out JsonElement size)
        && size.ValueKind == JsonValueKind.Number
        && size.TryGetInt64(out long bytes)
        && bytes >= 0
            ? new LfsObject(id, bytes)
            : null;

    /// <summary>An action by its name; null if there is none, or none with a URL.</summary>
    public static LfsAction? ActionOf(JsonElement element, string name) =>
        element.TryGetProperty("actions", out JsonElement actions)
        && actions.ValueKind == JsonValueKind.Object
        && actions.TryGetProperty(name, out JsonElement action)
            ? ReadAction(action)
            : null;

    /// <summary>The members of an action; null if it names no URL.</summary>
    public static LfsAction? ReadAction(JsonElement action) =>
        action.ValueKind == JsonValueKind.Object && TextOf(action, "href") is { } href
            ? new LfsAction(href, HeaderOf(action), ExpiresIn(action), ExpiresAt(action))
            : null;

    private static List<KeyValuePair<string, string>> HeaderOf(JsonElement action)
    {
        List<KeyValuePair<string, string>> fields = [];
        if (action.TryGetProperty("header", out JsonElement header) && header.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty field in header.EnumerateObject())
            {
                if (field.Value.ValueKind == JsonValueKind.String)
                {
                    fields.Add(new(field.Name, field.Value.GetString()!));
                }
            }
        }

        return fields;
    }

    /// <summary>The specification has whole seconds in 32 bits; 0 says nothing.</summary>
    private static TimeSpan? ExpiresIn(JsonElement action) =>
        action.TryGetProperty("expires_in", out JsonElement value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt32(out int seconds)
        && seconds != 0
            ? TimeSpan.FromSeconds(seconds)
            : null;

    private static DateTimeOffset? ExpiresAt(JsonElement action) =>
        TextOf(action, "expires_at") is { } text
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at)
        && at.Year > 1
            ? at
            : null;
}
