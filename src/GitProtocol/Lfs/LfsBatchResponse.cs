using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Waystation.GitProtocol.Lfs;

/// <summary>
/// An answer of the batch API (git-lfs docs/api/batch.md). A proxy reads the objects, and writes the answer anew with other URLs; every
/// member that it does not know stays.
/// </summary>
public sealed class LfsBatchResponse : IDisposable
{
    /// <summary>The transfer adapter that every client has: one HTTP request for each object.</summary>
    private const string Basic = "basic";

    private readonly JsonDocument _document;

    private LfsBatchResponse(JsonDocument document, IReadOnlyList<LfsBatchObject?> objects) => (_document, Objects) = (document, objects);

    /// <summary>The objects in their order; null for an element that is no object of the specification.</summary>
    public IReadOnlyList<LfsBatchObject?> Objects { get; }

    /// <summary>Reads an answer. Null if it is none, or names another transfer adapter than <c>basic</c> or another hash than
    /// SHA-256.</summary>
    public static LfsBatchResponse? TryParse(ReadOnlyMemory<byte> json)
    {
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(json, LfsJson.Strict);
            JsonElement root = document.RootElement;
            if (
                root.ValueKind == JsonValueKind.Object
                && IsBasic(root)
                && LfsJson.IsSha256(root)
                && root.TryGetProperty("objects", out JsonElement objects)
                && objects.ValueKind == JsonValueKind.Array
                && LfsJson.CanBeWritten(json.Span, root)
            )
            {
                var response = new LfsBatchResponse(document, [.. objects.EnumerateArray().Select(Read)]);
                document = null;
                return response;
            }

            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A text that is not Unicode throws only when it is read.
            return null;
        }
        finally
        {
            document?.Dispose();
        }
    }

    /// <summary>Writes the answer with changes.</summary>
    /// <param name="output">Gets the JSON.</param>
    /// <param name="changes">The changes, one for each of <see cref="Objects"/>; null changes nothing.</param>
    public void Write(IBufferWriter<byte> output, IReadOnlyList<LfsBatchChange?> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        foreach (JsonProperty member in _document.RootElement.EnumerateObject())
        {
            if (!member.NameEquals("objects"))
            {
                member.WriteTo(writer);
                continue;
            }

            writer.WriteStartArray(member.Name);
            int index = 0;
            foreach (JsonElement element in member.Value.EnumerateArray())
            {
                if (changes[index++] is { } change)
                {
                    WriteObject(writer, element, change);
                }
                else
                {
                    element.WriteTo(writer);
                }
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    /// <inheritdoc />
    public void Dispose() => _document.Dispose();

    private static bool IsBasic(JsonElement root) =>
        !root.TryGetProperty("transfer", out JsonElement transfer)
        || transfer.ValueKind == JsonValueKind.Null
        || (transfer.ValueKind == JsonValueKind.String && (transfer.ValueEquals(Basic) || transfer.ValueEquals("")));

    private static LfsBatchObject? Read(JsonElement element) =>
        LfsJson.ObjectOf(element) is { } one
            ? new LfsBatchObject(
                one,
                element.TryGetProperty("authenticated", out JsonElement authenticated) && authenticated.ValueKind == JsonValueKind.True,
                LfsJson.ActionOf(element, "download"),
                LfsJson.ActionOf(element, "upload"),
                LfsJson.ActionOf(element, "verify")
            )
            : null;

    private static void WriteObject(Utf8JsonWriter writer, JsonElement element, LfsBatchChange change)
    {
        writer.WriteStartObject();
        bool needsLogin = change.DownloadHref is null;
        foreach (JsonProperty member in element.EnumerateObject())
        {
            if (member.NameEquals("actions") && member.Value.ValueKind == JsonValueKind.Object)
            {
                WriteActions(writer, member.Value, change);
            }
            else if (needsLogin || !member.NameEquals("authenticated"))
            {
                member.WriteTo(writer);
            }
        }

        if (!needsLogin)
        {
            writer.WriteBoolean("authenticated", true);
        }

        writer.WriteEndObject();
    }

    private static void WriteActions(Utf8JsonWriter writer, JsonElement actions, LfsBatchChange change)
    {
        writer.WriteStartObject("actions");
        foreach (JsonProperty action in actions.EnumerateObject())
        {
            switch (action.Name)
            {
                case var _ when action.Value.ValueKind != JsonValueKind.Object:
                    action.WriteTo(writer);
                    break;
                case "download" when change.DownloadHref is { } href:
                    WriteDownload(writer, action.Value, href, change);
                    break;
                case "upload" when change.UploadHref is { } href:
                    WriteElsewhere(writer, action, href);
                    break;
                case "verify" when change.VerifyHref is { } href:
                    WriteElsewhere(writer, action, href);
                    break;
                default:
                    action.WriteTo(writer);
                    break;
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>The header fields are for the server that the answer named, and stay with the proxy.</summary>
    private static void WriteDownload(Utf8JsonWriter writer, JsonElement action, string href, LfsBatchChange change)
    {
        writer.WriteStartObject("download");
        foreach (JsonProperty member in action.EnumerateObject())
        {
            switch (member.Name)
            {
                case "href":
                    writer.WriteString("href", href);
                    break;
                case "expires_at" when member.Value.ValueKind == JsonValueKind.String:
                    writer.WriteString(
                        "expires_at",
                        change.DownloadExpiresAt.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)
                    );
                    break;
                case "header" or "expires_in" or "expires_at":
                    break;
                default:
                    member.WriteTo(writer);
                    break;
            }
        }

        writer.WriteNumber("expires_in", (int)change.DownloadExpiresIn.TotalSeconds);
        writer.WriteEndObject();
    }

    private static void WriteElsewhere(Utf8JsonWriter writer, JsonProperty action, string href)
    {
        writer.WriteStartObject(action.Name);
        foreach (JsonProperty member in action.Value.EnumerateObject())
        {
            if (member.NameEquals("href"))
            {
                writer.WriteString("href", href);
            }
            else
            {
                member.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    }
}
