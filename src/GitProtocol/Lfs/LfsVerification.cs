using System.Text.Json;

namespace Waystation.GitProtocol.Lfs;

/// <summary>
/// The request that asks a server whether it has an uploaded object (git-lfs docs/api/basic-transfers.md, "Verification").
/// </summary>
public static class LfsVerification
{
    /// <summary>The object of a request; null if the bytes are no such request.</summary>
    public static LfsObject? TryParse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, LfsJson.Strict);
            return LfsJson.ObjectOf(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
