using System.Text.Json;

namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>
/// Reads the JSON of key authorities strictly: a misspelt name is an error and not an unknown key, and so are two equal names. Its errors
/// have names and kinds, never values.
/// </summary>
internal static class JsonMembers
{
    private const string NoUnicode = "a text in it is not valid Unicode";

    private static readonly JsonDocumentOptions s_options = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <exception cref="KeyAuthorityException">It is no JSON.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json, s_options);
        }
        catch (JsonException e)
        {
            // The exception's own message quotes the file.
            throw new KeyAuthorityException(
                e.LineNumber is { } line
                    ? $"no JSON, or a member that comes twice (line {line + 1}, byte {e.BytePositionInLine + 1})"
                    : "no JSON, or a member that comes twice"
            );
        }
        catch (InvalidOperationException)
        {
            // A name is no text; that shows only when names are compared.
            throw new KeyAuthorityException(NoUnicode);
        }
    }

    /// <summary>The members of an object, all of them texts; null counts as absent.</summary>
    /// <exception cref="KeyAuthorityException">It is no object, or has a member of another name or kind.</exception>
    public static Dictionary<string, string> Read(JsonElement element, params ReadOnlySpan<string> names)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new KeyAuthorityException("the answer is no JSON object");
        }

        try
        {
            return ReadTexts(element, names);
        }
        catch (InvalidOperationException)
        {
            // Bytes and escapes that no text has show only when the text is made. The message of the exception quotes them.
            throw new KeyAuthorityException(NoUnicode);
        }
    }

    private static Dictionary<string, string> ReadTexts(JsonElement element, ReadOnlySpan<string> names)
    {
        Dictionary<string, string> members = new(StringComparer.Ordinal);
        foreach (JsonProperty member in element.EnumerateObject())
        {
            if (!names.Contains(member.Name))
            {
                throw new KeyAuthorityException($"unknown member \"{Printable(member.Name)}\"; accepted are {string.Join(", ", names)}");
            }

            if (member.Value.ValueKind == JsonValueKind.String)
            {
                members[member.Name] = member.Value.GetString()!;
            }
            else if (member.Value.ValueKind != JsonValueKind.Null)
            {
                throw new KeyAuthorityException($"\"{member.Name}\" is no text");
            }
        }

        return members;
    }

    private static string Printable(string name) => string.Concat(name.Take(40).Select(static c => char.IsControl(c) ? '?' : c));
}
