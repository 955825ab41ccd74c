using System.Security.Cryptography;
using System.Text;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access;

/// <summary>
/// Computes a <see cref="Credential"/> from the identifying parts of a request. The key lives as long as the process. In a farm it comes
/// from the secret of the farm, so that the nodes know the same credentials.
/// </summary>
public sealed class CredentialDigester
{
    private readonly byte[] _key;

    /// <summary>A digester with a key of its own.</summary>
    public CredentialDigester()
        : this(RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes)) { }

    /// <param name="key">The key. Digests that are made with different keys have nothing in common.</param>
    public CredentialDigester(ReadOnlyMemory<byte> key) => _key = key.ToArray();

    /// <summary>
    /// The credential of these parts. The order of different names does not matter; that of the values of one name does, because some
    /// servers read the first of two logins and others the last.
    /// </summary>
    /// <param name="parts">Name and value of each, e.g. of a header or a query parameter.</param>
    public Credential Digest(IEnumerable<KeyValuePair<string, string>> parts) => Digest(parts, static _ => []);

    /// <summary>
    /// The credential of these parts and of circumstances that the primary gets to know, such as the client's address. Circumstances tell
    /// requests apart, but they are no login: without a part the credential stays anonymous.
    /// </summary>
    /// <param name="parts">Name and value of each, e.g. of a header or a query parameter.</param>
    /// <param name="circumstancesOf">Gets whether the request is anonymous, and returns the circumstances by which the primary may
    /// decide.</param>
    public Credential Digest(
        IEnumerable<KeyValuePair<string, string>> parts,
        Func<bool, IEnumerable<KeyValuePair<string, string>>> circumstancesOf
    )
    {
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentNullException.ThrowIfNull(circumstancesOf);
        using IncrementalHash hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        bool anonymous = !Append(hash, "", parts);
        // No part has this name, so a client cannot write a header that looks like a circumstance.
        Append(hash, "circumstance ", circumstancesOf(anonymous));
        return new Credential(ObjectId.FromRaw(hash.GetHashAndReset()), anonymous);
    }

    /// <summary>False if there was nothing to append.</summary>
    private static bool Append(IncrementalHash hash, string kind, IEnumerable<KeyValuePair<string, string>> parts)
    {
        bool any = false;
        foreach (
            // This sort keeps the order of equal names.
            (string name, string value) in parts.OrderBy(static part => part.Key, StringComparer.Ordinal)
        )
        {
            any = true;
            Append(hash, kind + name);
            Append(hash, value);
        }

        return any;
    }

    private static void Append(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        hash.AppendData(BitConverter.GetBytes(bytes.Length));
        hash.AppendData(bytes);
        CryptographicOperations.ZeroMemory(bytes);
    }
}
