using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Waystation.Farm.Secrets;

/// <summary>
/// The secrets of the farm. The first one seals, and each of them opens, so that nodes with the old and with the new order of the file
/// understand each other during a rotation. Each purpose has keys of its own (HKDF, RFC 5869).
/// <code>
///   sealed   version 1 byte, secret 4 bytes, nonce 12 bytes, AES-256-GCM of the content, tag 16 bytes
/// </code>
/// </summary>
public sealed class FarmSecrets
{
    /// <summary>The shortest secret, in bytes.</summary>
    public const int Shortest = 32;

    private const byte Version = 1;
    private const int IdLength = 4;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int HeadLength = 1 + IdLength + NonceLength;

    /// <summary>The bytes that sealing adds.</summary>
    public const int Overhead = HeadLength + TagLength;

    private readonly Secret[] _secrets;

    /// <summary>The secrets, the one that seals first.</summary>
    /// <exception cref="FarmSecretException">There is none, there are more than two, or one is too short.</exception>
    public FarmSecrets(IReadOnlyList<string> secrets)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        if (secrets.Count is 0 or > 2 || secrets.Any(static secret => Encoding.UTF8.GetByteCount(secret) < Shortest))
        {
            throw new FarmSecretException($"one or two lines, each a secret of at least {Shortest} bytes");
        }

        _secrets = [.. secrets.Select(static secret => new Secret(Encoding.UTF8.GetBytes(secret)))];
    }

    /// <summary>Reads <c>Farm:SecretFile</c>: a secret on each line.</summary>
    /// <exception cref="FarmSecretException">The file cannot be read, or is not as it must be.</exception>
    public static FarmSecrets Read(string path)
    {
        try
        {
            return new FarmSecrets([.. File.ReadAllLines(path).Select(static line => line.Trim()).Where(static line => line.Length > 0)]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FarmSecretException(e.Message, e);
        }
    }

    /// <summary>The key of the sealing secret for one purpose, 32 bytes. Nodes with the same first line have the same.</summary>
    public ReadOnlyMemory<byte> Key(string purpose) => _secrets[0].Key(purpose);

    /// <summary>The keys of all secrets for one purpose, 32 bytes each, that of the sealing secret first.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Keys(string purpose) => _secrets.Select(secret => (ReadOnlyMemory<byte>)secret.Key(purpose));

    /// <summary>A short name of the sealing secret. It does not lead back to the secret.</summary>
    public uint Id => _secrets[0].Id;

    /// <summary>Encrypts and authenticates.</summary>
    /// <param name="purpose">The purpose. What is sealed for one purpose does not open for another.</param>
    /// <param name="context">Authenticated but not contained, such as the name under which the result is kept.</param>
    /// <param name="content">The content.</param>
    public byte[] Seal(string purpose, ReadOnlySpan<byte> context, ReadOnlySpan<byte> content)
    {
        byte[] sealedBytes = new byte[Overhead + content.Length];
        Span<byte> all = sealedBytes;
        all[0] = Version;
        BinaryPrimitives.WriteUInt32BigEndian(all[1..], _secrets[0].Id);
        Span<byte> nonce = all.Slice(1 + IdLength, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_secrets[0].Key(purpose), TagLength);
        aes.Encrypt(nonce, content, all[HeadLength..^TagLength], all[^TagLength..], context);
        return sealedBytes;
    }

    /// <summary>The content; null if it was not sealed with one of these secrets, for this purpose and context.</summary>
    public byte[]? Open(string purpose, ReadOnlySpan<byte> context, ReadOnlySpan<byte> sealedBytes)
    {
        if (sealedBytes.Length < Overhead || sealedBytes[0] != Version)
        {
            return null;
        }

        uint id = BinaryPrimitives.ReadUInt32BigEndian(sealedBytes[1..]);
        if (Array.Find(_secrets, secret => secret.Id == id) is not { } found)
        {
            return null;
        }

        byte[] content = new byte[sealedBytes.Length - Overhead];
        try
        {
            using var aes = new AesGcm(found.Key(purpose), TagLength);
            aes.Decrypt(
                sealedBytes.Slice(1 + IdLength, NonceLength),
                sealedBytes[HeadLength..^TagLength],
                sealedBytes[^TagLength..],
                content,
                context
            );
            return content;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private sealed class Secret
    {
        private readonly byte[] _secret;
        private readonly ConcurrentDictionary<string, byte[]> _keys = new(StringComparer.Ordinal);

        public Secret(byte[] secret)
        {
            _secret = secret;
            Id = BinaryPrimitives.ReadUInt32BigEndian(Key("id"));
        }

        public uint Id { get; }

        /// <summary>Purposes are few and fixed in the code.</summary>
        public byte[] Key(string purpose) =>
            _keys.GetOrAdd(
                purpose,
                static (name, secret) =>
                    HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, info: Encoding.UTF8.GetBytes("waystation farm 1 " + name)),
                _secret
            );
    }
}
