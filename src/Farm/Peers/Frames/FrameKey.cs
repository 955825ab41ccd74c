using System.Security.Cryptography;
using System.Text;

namespace Waystation.Farm.Peers.Frames;

/// <summary>The keys of one exchange between two nodes. Each direction has its own.</summary>
internal static class FrameKey
{
    /// <summary>The key of the request's frames.</summary>
    public static byte[] OfRequest(ReadOnlySpan<byte> session) => Derive(session, "request", []);

    /// <summary>The key of the response's frames. The responder's own nonce is in it, so no two responses share a key.</summary>
    public static byte[] OfResponse(ReadOnlySpan<byte> session, ReadOnlySpan<byte> responderNonce) =>
        Derive(session, "response", responderNonce);

    private static byte[] Derive(ReadOnlySpan<byte> session, string direction, ReadOnlySpan<byte> salt)
    {
        byte[] key = new byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, session, key, salt, Encoding.ASCII.GetBytes("waystation peer 1 " + direction));
        return key;
    }
}
