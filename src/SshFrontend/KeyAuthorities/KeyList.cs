using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Waystation.Primaries.Ssh.Keys;

namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>
/// Keys and their credentials in a file: a JSON list of objects. Each has the question about one key (<c>fingerprint</c>, <c>key</c> or
/// both, and <c>keyId</c> for certificates) and the answer.
/// </summary>
internal sealed class KeyList
{
    private const string Fingerprint = "fingerprint",
        Key = "key",
        KeyId = "keyId",
        Sha256 = "SHA256:";

    /// <summary>The length of a SHA-256 in base64, without padding.</summary>
    private const int DigestLength = 43;

    /// <summary>A plain key is found only by an entry without a key id, a certificate only by its own.</summary>
    private readonly Dictionary<(string Fingerprint, string? KeyId), PrimaryCredential> _entries = [];

    private KeyList() { }

    /// <exception cref="KeyAuthorityException">An entry cannot be understood, or two are about the same key.</exception>
    public static KeyList Parse(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonMembers.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Array)
        {
            throw new KeyAuthorityException("the file is no JSON list");
        }

        var list = new KeyList();
        int number = 0;
        foreach (JsonElement entry in document.RootElement.EnumerateArray())
        {
            number++;
            try
            {
                list.Add(
                    JsonMembers.Read(
                        entry,
                        Fingerprint,
                        Key,
                        KeyId,
                        CredentialParser.Username,
                        CredentialParser.PasswordFile,
                        CredentialParser.SshKeyFile
                    )
                );
            }
            catch (KeyAuthorityException e)
            {
                throw new KeyAuthorityException($"entry {number}: {e.Message}", e);
            }
        }

        return list;
    }

    public PrimaryCredential? Find(KeyQuestion question) => _entries.GetValueOrDefault((question.Fingerprint, question.KeyId));

    private void Add(Dictionary<string, string> members)
    {
        PrimaryCredential credential = CredentialParser.Of(members) ?? throw new KeyAuthorityException("it has no credential");
        if (!_entries.TryAdd((FingerprintOf(members), members.GetValueOrDefault(KeyId)), credential))
        {
            throw new KeyAuthorityException("an earlier entry has the same key");
        }
    }

    private static string FingerprintOf(Dictionary<string, string> members)
    {
        string? fingerprint = members.GetValueOrDefault(Fingerprint);
        if (fingerprint is not null && !IsFingerprint(fingerprint))
        {
            throw new KeyAuthorityException($"{Fingerprint} is not as ssh-keygen -l prints it ({Sha256}…)");
        }

        if (!members.TryGetValue(Key, out string? line))
        {
            return fingerprint ?? throw new KeyAuthorityException($"it has neither {Fingerprint} nor {Key}");
        }

        if (!SshPublicKey.TryParse(line, out SshPublicKey? key) || key.IsCertificate)
        {
            throw new KeyAuthorityException($"{Key} is no plain public key (for a certificate give the CA's key and {KeyId})");
        }

        return fingerprint is null || string.Equals(fingerprint, key.Fingerprint, StringComparison.Ordinal)
            ? key.Fingerprint
            : throw new KeyAuthorityException($"{Fingerprint} and {Key} belong to different keys");
    }

    private static bool IsFingerprint(string text) =>
        text.Length == Sha256.Length + DigestLength
        && text.StartsWith(Sha256, StringComparison.Ordinal)
        && Base64.IsValid(text.AsSpan(Sha256.Length).ToString() + "=", out int length)
        && length == SHA256.HashSizeInBytes;
}
