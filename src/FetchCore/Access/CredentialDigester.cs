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
    public Credential Digest(IEnumerable<KeyValuePair<string, string>> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        using IncrementalHash hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        bool anonymous = true;
        foreach ((string name, string value) in parts
            .OrderBy(static part => part.Key, StringComparer.Ordinal).ThenBy(static part => part.Value, StringComparer.Ordinal))
        {
            anonymous = false;
            Append(hash, name);
            Append(hash, value);
        }

        return new Credential(ObjectId.FromRaw(hash.GetHashAndReset()), anonymous);
    }

    private static void Append(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        hash.AppendData(BitConverter.GetBytes(bytes.Length));
        hash.AppendData(bytes);
        CryptographicOperations.ZeroMemory(bytes);
    }
}
