using System.Security.Cryptography;
using System.Text;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access;

/// <summary>Turns what identifies into a <see cref="Credential"/>, with a key that lives as long as the process.</summary>
public sealed class CredentialDigester
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);

    /// <summary>The credential that these parts make; their order does not matter, their repetition does.</summary>
    /// <param name="parts">Name and value of each, e.g. a header's or a query parameter's.</param>
    public Credential Digest(IEnumerable<KeyValuePair<string, string>> parts) => Digest(parts, static _ => []);

    /// <summary>
    /// The credential that these parts make together with the circumstances that the primary is told of, such as the client's address.
    /// Circumstances tell requests apart, but nobody has logged in by them: without a part the credential stays anonymous.
    /// </summary>
    /// <param name="parts">Name and value of each, e.g. a header's or a query parameter's.</param>
    /// <param name="circumstancesOf">Told whether the request is anonymous, names what else the primary may decide by.</param>
    public Credential Digest(
        IEnumerable<KeyValuePair<string, string>> parts,
        Func<bool, IEnumerable<KeyValuePair<string, string>>> circumstancesOf
    )
    {
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentNullException.ThrowIfNull(circumstancesOf);
        using IncrementalHash hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        bool anonymous = !Append(hash, "", parts);
        // No part is called so: a client cannot write a header that reads as a circumstance.
        Append(hash, "circumstance ", circumstancesOf(anonymous));
        return new Credential(ObjectId.FromRaw(hash.GetHashAndReset()), anonymous);
    }

    /// <summary>False where there was nothing to append.</summary>
    private static bool Append(IncrementalHash hash, string kind, IEnumerable<KeyValuePair<string, string>> parts)
    {
        bool any = false;
        foreach (
            (string name, string value) in parts
                .OrderBy(static part => part.Key, StringComparer.Ordinal)
                .ThenBy(static part => part.Value, StringComparer.Ordinal)
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
