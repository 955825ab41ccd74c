using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Waystation.Primaries.Ssh.Keys;

namespace Waystation.Primaries.Ssh.Agents;

/// <summary>
/// The messages of an SSH agent that the node reads (draft-miller-ssh-agent): four bytes of length, one of type, the rest.
/// </summary>
internal static class AgentMessage
{
    public const byte Failure = 5,
        RequestIdentities = 11,
        IdentitiesAnswer = 12,
        SignRequest = 13,
        Extension = 27;

    private const byte UserAuthRequest = 50,
        True = 1;

    /// <summary>OpenSSH's own bound.</summary>
    private const int MaxLength = 256 << 10;

    /// <summary>A server takes about six; a few more cost nothing.</summary>
    private const int MaxKeys = 64;

    /// <summary>As <c>publickey</c>, with the server's host key behind it (OpenSSH's PROTOCOL, 3.1).</summary>
    private static ReadOnlySpan<byte> HostBound => "publickey-hostbound-v00@openssh.com"u8;

    /// <summary>The refusal.</summary>
    public static byte[] No => [Failure];

    /// <summary>Reads one message without its length; null at the end of the stream.</summary>
    /// <exception cref="IOException">The stream ends in the middle, or the message is too long.</exception>
    public static async Task<byte[]?> ReadAsync(Stream from, CancellationToken cancellationToken)
    {
        byte[] header = new byte[4];
        int read = await from.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, cancellationToken);
        if (read == 0)
        {
            return null;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(header);
        if (read < header.Length || length is 0 or > MaxLength)
        {
            throw new IOException("the SSH agent sent an unexpected message");
        }

        byte[] message = new byte[length];
        await from.ReadExactlyAsync(message, cancellationToken);
        return message;
    }

    public static async Task WriteAsync(Stream to, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        byte[] whole = new byte[4 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(whole, message.Length);
        message.CopyTo(whole.AsMemory(4));
        await to.WriteAsync(whole, cancellationToken);
    }

    /// <summary>
    /// The key with which a request to sign logs in (RFC 4252, 7). It is read from the signed data, because for a certificate the ssh
    /// program lets the plain key sign, if the agent has it. False if the request is no login.
    /// </summary>
    public static bool TryReadLogin(ReadOnlySpan<byte> message, [NotNullWhen(true)] out SshPublicKey? key)
    {
        key = null;
        ReadOnlySpan<byte> rest = message[1..];
        if (
            !SshString.TryTake(ref rest, out _)
            || !SshString.TryTake(ref rest, out ReadOnlySpan<byte> login)
            || !SshString.TryTake(ref login, out _)
            || !TrySkip(ref login, UserAuthRequest)
            || !SshString.TryTake(ref login, out _)
            || !SshString.TryTake(ref login, out _)
            || !SshString.TryTake(ref login, out ReadOnlySpan<byte> method)
            || !(method.SequenceEqual("publickey"u8) || method.SequenceEqual(HostBound))
        )
        {
            return false;
        }

        return TrySkip(ref login, True)
            && SshString.TryTake(ref login, out _)
            && SshString.TryTake(ref login, out ReadOnlySpan<byte> blob)
            && SshPublicKey.TryRead(blob, out key);
    }

    /// <summary>
    /// The agent's keys again with <paramref name="first"/> and its certificates at the front. Comments are
    /// left out, because the user wrote them, and so are keys that cannot be read.
    /// </summary>
    public static byte[] WithFirst(ReadOnlySpan<byte> answer, SshPublicKey first)
    {
        List<SshPublicKey> keys = ReadIdentities(answer);
        List<SshPublicKey> ordered =
        [
            .. keys.OrderBy(key =>
                    key.Equals(first) ? 0
                    : IsOfSamePair(key, first) ? 1
                    : 2
                )
                .Take(MaxKeys),
        ];
        using var written = new MemoryStream();
        written.WriteByte(IdentitiesAnswer);
        Span<byte> count = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(count, ordered.Count);
        written.Write(count);
        foreach (SshPublicKey key in ordered)
        {
            SshString.Write(written, key.Blob.Span);
            SshString.Write(written, "agent"u8);
        }

        return written.ToArray();
    }

    private static bool TrySkip(ref ReadOnlySpan<byte> bytes, byte expected)
    {
        bool isThere = !bytes.IsEmpty && bytes[0] == expected;
        bytes = isThere ? bytes[1..] : bytes;
        return isThere;
    }

    private static bool IsOfSamePair(SshPublicKey one, SshPublicKey other) =>
        string.Equals(one.Fingerprint, other.Fingerprint, StringComparison.Ordinal);

    private static List<SshPublicKey> ReadIdentities(ReadOnlySpan<byte> answer)
    {
        List<SshPublicKey> keys = [];
        ReadOnlySpan<byte> rest = answer[1..];
        if (rest.Length < 4)
        {
            return keys;
        }

        rest = rest[4..];
        while (SshString.TryTake(ref rest, out ReadOnlySpan<byte> blob) && SshString.TryTake(ref rest, out _))
        {
            if (SshPublicKey.TryRead(blob, out SshPublicKey? key))
            {
                keys.Add(key);
            }
        }

        return keys;
    }
}
