using System.Buffers;
using System.Text.Json;

namespace Waystation.GitProtocol.Lfs;

/// <summary>The answer of <c>git-lfs-authenticate</c> (git-lfs docs/api/server-discovery.md, "SSH").</summary>
public static class LfsAuthentication
{
    /// <summary>Writes an answer that names only a URL.</summary>
    public static byte[] Write(string href)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteString("href", href);
            writer.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads an answer. Null if it is none, or names no URL.</summary>
    public static LfsAction? TryParse(ReadOnlyMemory<byte> answer)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer, LfsJson.Strict);
            return LfsJson.ReadAction(document.RootElement) is { Href.Length: > 0 } action ? action : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Writes an answer with another URL; every other member stays. Null if it is no answer, or its URL stays.</summary>
    /// <param name="answer">The JSON.</param>
    /// <param name="rename">Gets the URL, and returns the new one; null keeps it.</param>
    public static byte[]? Rename(ReadOnlyMemory<byte> answer, Func<string, string?> rename)
    {
        ArgumentNullException.ThrowIfNull(rename);
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer, LfsJson.Strict);
            JsonElement root = document.RootElement;
            if (
                root.ValueKind != JsonValueKind.Object
                || LfsJson.TextOf(root, "href") is not { Length: > 0 } href
                || rename(href) is not { } renamed
            )
            {
                return null;
            }

            var output = new ArrayBufferWriter<byte>();
            using (var writer = new Utf8JsonWriter(output))
            {
                writer.WriteStartObject();
                foreach (JsonProperty member in root.EnumerateObject())
                {
                    if (member.NameEquals("href"))
                    {
                        writer.WriteString("href", renamed);
                    }
                    else
                    {
                        member.WriteTo(writer);
                    }
                }

                writer.WriteEndObject();
            }

            return output.WrittenSpan.ToArray();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
