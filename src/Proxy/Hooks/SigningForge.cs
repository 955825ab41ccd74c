using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Waystation.Proxy.Hooks;

/// <summary>A forge that signs the body of a notice: HMAC-SHA-256 with the secret, in hexadecimal digits in a header.</summary>
/// <param name="name">The last part of the URL.</param>
/// <param name="signatures">The headers that may hold the signature, each with the text in front of the digits.</param>
internal abstract class SigningForge(string name, params (string Header, string Prefix)[] signatures) : Forge(name)
{
    private static readonly SearchValues<char> s_hexadecimal = SearchValues.Create("0123456789abcdefABCDEF");

    public override bool MaySign(IHeaderDictionary headers, IEnumerable<string> secrets) =>
        Array.Exists(signatures, signature => IsDigest(headers[signature.Header], signature.Prefix));

    public override bool IsSigned(IHeaderDictionary headers, ReadOnlySpan<byte> body, IEnumerable<string> secrets)
    {
        bool isSigned = false;
        foreach (string secret in secrets)
        {
            byte[] key = Encoding.UTF8.GetBytes(secret);
            foreach ((string header, string prefix) in signatures)
            {
                isSigned |= Matches(headers[header], prefix, key, body);
            }
        }

        return isSigned;
    }

    private static bool IsDigest(StringValues header, string prefix) =>
        header is [{ } text]
        && text.Length == prefix.Length + (2 * HMACSHA256.HashSizeInBytes)
        && text.StartsWith(prefix, StringComparison.Ordinal)
        && !text.AsSpan(prefix.Length).ContainsAnyExcept(s_hexadecimal);

    private static bool Matches(StringValues header, string prefix, byte[] key, ReadOnlySpan<byte> body)
    {
        if (!IsDigest(header, prefix))
        {
            return false;
        }

        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Span<byte> made = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, body, made);
        return Convert.FromHexString(header.ToString().AsSpan(prefix.Length), given, out _, out _) == OperationStatus.Done
            && CryptographicOperations.FixedTimeEquals(given, made);
    }
}
