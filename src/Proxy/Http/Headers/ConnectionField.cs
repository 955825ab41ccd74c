using System.Text;
using Microsoft.Extensions.Primitives;

namespace Waystation.Proxy.Http.Headers;

/// <summary>
/// Reads the values of <c>Connection</c> in requests (RFC 9110, section 7.6.1). The web server understands <c>close</c>, <c>keep-alive</c>
/// and <c>upgrade</c>; beside one of them it forgets every other name, so that a field for this connection only would go on to the
/// primary. This sees the bytes of each value before that, and keeps them in the flow of the connection until the request is there. The
/// server begins a new flow with each request.
/// </summary>
internal sealed class ConnectionField : Encoding
{
    private static readonly AsyncLocal<StringValues> s_values = new();
    private static readonly ConnectionField s_decoder = new();

    private ConnectionField() { }

    /// <summary>The encoding of a field: Latin-1, and for <c>Connection</c> the same with the memory of this class.</summary>
    public static Encoding EncodingOf(string field) =>
        string.Equals(field, "Connection", StringComparison.OrdinalIgnoreCase) ? s_decoder : Latin1;

    /// <summary>Gives a request the values back that its client sent.</summary>
    public static void Restore(HttpRequest request)
    {
        // HTTP/2 has no such field, and one flow for all requests of a connection.
        if (!HttpProtocol.IsHttp2(request.Protocol) && s_values.Value is { Count: > 0 } values)
        {
            request.Headers.Connection = values;
        }
    }

    /// <inheritdoc />
    /// <exception cref="InvalidOperationException">A NUL. The server answers 400, as for every other field.</exception>
    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        ReadOnlySpan<byte> value = bytes.AsSpan(byteIndex, byteCount);
        if (value.Contains((byte)0))
        {
            throw new InvalidOperationException("a NUL in a field");
        }

        s_values.Value = StringValues.Concat(s_values.Value, Latin1.GetString(value));
        return Latin1.GetChars(value, chars.AsSpan(charIndex));
    }

    /// <inheritdoc />
    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    /// <inheritdoc />
    public override int GetMaxCharCount(int byteCount) => byteCount;

    /// <inheritdoc />
    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    /// <inheritdoc />
    public override int GetByteCount(char[] chars, int index, int count) => count;

    /// <inheritdoc />
    public override int GetMaxByteCount(int charCount) => charCount;
}
