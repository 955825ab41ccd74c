using System.Buffers;
using System.Text.Json;

namespace Waystation.GitProtocol.Lfs;

/// <summary>Writes a batch answer of the node's own (git-lfs docs/api/batch.md).</summary>
public static class LfsBatchAnswer
{
    /// <summary>The media type of all messages of the batch API.</summary>
    public const string MediaType = "application/vnd.git-lfs+json";

    /// <summary>Writes an answer to a download: a URL for each object that has one, the error 503 for each other one.</summary>
    /// <param name="output">Gets the JSON.</param>
    /// <param name="objects">The objects and their URLs.</param>
    /// <param name="lifetime">How long the URLs live.</param>
    /// <param name="trouble">The text of the errors.</param>
    public static void Write(
        IBufferWriter<byte> output,
        IEnumerable<(LfsObject Object, string? Href)> objects,
        TimeSpan lifetime,
        string trouble
    )
    {
        ArgumentNullException.ThrowIfNull(objects);
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        writer.WriteString("transfer", "basic");
        writer.WriteString("hash_algo", "sha256");
        writer.WriteStartArray("objects");
        foreach ((LfsObject one, string? href) in objects)
        {
            writer.WriteStartObject();
            writer.WriteString("oid", one.Id.ToString());
            writer.WriteNumber("size", one.Size);
            if (href is not null)
            {
                writer.WriteBoolean("authenticated", true);
                writer.WriteStartObject("actions");
                writer.WriteStartObject("download");
                writer.WriteString("href", href);
                writer.WriteNumber("expires_in", (int)lifetime.TotalSeconds);
                writer.WriteEndObject();
                writer.WriteEndObject();
            }
            else
            {
                writer.WriteStartObject("error");
                writer.WriteNumber("code", 503);
                writer.WriteString("message", trouble);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Writes a download request (<c>POST …/objects/batch</c>).</summary>
    public static void WriteRequest(IBufferWriter<byte> output, IEnumerable<LfsObject> objects)
    {
        ArgumentNullException.ThrowIfNull(objects);
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        writer.WriteString("operation", "download");
        writer.WriteStartArray("transfers");
        writer.WriteStringValue("basic");
        writer.WriteEndArray();
        writer.WriteString("hash_algo", "sha256");
        writer.WriteStartArray("objects");
        foreach (LfsObject one in objects)
        {
            writer.WriteStartObject();
            writer.WriteString("oid", one.Id.ToString());
            writer.WriteNumber("size", one.Size);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
