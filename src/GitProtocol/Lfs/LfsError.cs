using System.Text.Json;

namespace Waystation.GitProtocol.Lfs;

/// <summary>The body of a refusal (git-lfs docs/api/batch.md, "Response Errors").</summary>
public static class LfsError
{
    /// <summary>The message for the user; null if the bytes are no such body.</summary>
    public static string? MessageOf(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, LfsJson.Strict);
            return
                document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("message", out JsonElement message)
                ? message.GetString()
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
