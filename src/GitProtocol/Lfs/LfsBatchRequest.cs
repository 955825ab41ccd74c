using System.Text.Json;

namespace Waystation.GitProtocol.Lfs;

/// <summary>A request of the batch API (git-lfs docs/api/batch.md), as far as a proxy needs it.</summary>
/// <param name="IsDownload">Whether the operation is <c>download</c>.</param>
/// <param name="Objects">The objects.</param>
public sealed record LfsBatchRequest(bool IsDownload, IReadOnlyList<LfsObject> Objects)
{
    /// <summary>Reads a request. Null if it is none, if it names another hash than SHA-256, or if it does not offer basic
    /// transfers.</summary>
    public static LfsBatchRequest? TryParse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, LfsJson.Strict);
            JsonElement root = document.RootElement;
            if (
                root.ValueKind != JsonValueKind.Object
                || LfsJson.TextOf(root, "operation") is not { } operation
                || operation is not ("download" or "upload")
                || !LfsJson.IsSha256(root)
                || !OffersBasic(root)
                || !root.TryGetProperty("objects", out JsonElement objects)
                || objects.ValueKind != JsonValueKind.Array
            )
            {
                return null;
            }

            List<LfsObject> asked = [];
            foreach (JsonElement element in objects.EnumerateArray())
            {
                if (LfsJson.ObjectOf(element) is not { } one)
                {
                    return null;
                }

                asked.Add(one);
            }

            return new LfsBatchRequest(operation == "download", asked);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool OffersBasic(JsonElement root) =>
        !root.TryGetProperty("transfers", out JsonElement transfers)
        || transfers.ValueKind == JsonValueKind.Null
        || (
            transfers.ValueKind == JsonValueKind.Array
            && (
                transfers.GetArrayLength() == 0
                || transfers.EnumerateArray().Any(static one => one.ValueKind == JsonValueKind.String && one.ValueEquals("basic"))
            )
        );
}
