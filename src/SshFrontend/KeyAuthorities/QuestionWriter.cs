using System.Buffers;
using System.Text.Json;

namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>Writes the question to an authority: <c>{"fingerprint":"SHA256:…","key":"ssh-ed25519 …"}</c>, for a certificate with
/// <c>"keyId"</c>.</summary>
internal static class QuestionWriter
{
    // Characters are not escaped, so that shells, Python and people can read them; nothing of it goes into a web page.
    private static readonly JsonWriterOptions s_options = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static byte[] Write(KeyQuestion question)
    {
        var written = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(written, s_options))
        {
            json.WriteStartObject();
            json.WriteString("fingerprint", question.Fingerprint);
            json.WriteString("key", question.Key);
            if (question.KeyId is { } keyId)
            {
                json.WriteString("keyId", keyId);
            }

            json.WriteEndObject();
        }

        written.Write("\n"u8);
        return written.WrittenSpan.ToArray();
    }
}
