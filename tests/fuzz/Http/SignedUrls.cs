using System.Text;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Lfs;
using Waystation.GitProtocol.Lfs;

namespace Waystation.Fuzz.Http;

/// <summary>
/// Signed URLs: no target that the node has not signed is read, and a signed one is read as it was signed. The input is first a target, and
/// then the path of a repository for which the node signs.
/// </summary>
internal static class SignedUrls
{
    private static readonly LfsUrls s_urls = new(TimeProvider.System, [new byte[32]]);
    private static readonly LfsObject s_object = new(LfsObjectId.FromRaw(new byte[32]), 12_345);
    private static readonly Credential s_credential = new CredentialDigester(new byte[32]).Digest([new("header authorization", "x")]);

    public static void Read(byte[] bytes)
    {
        string text = Encoding.Latin1.GetString(bytes);
        Refused(text);
        if (!RepositoryPath.IsWellFormed(text))
        {
            return;
        }

        var parts = new LfsUrlParts(new RepositoryName("git.example.test", text), s_credential, s_object, text);
        DateTimeOffset ends = DateTimeOffset.UtcNow.AddHours(1);
        string signed = s_urls.Sign(parts, ends);
        FindingException.IfDifferent(parts, s_urls.Read(signed), signed);
        int at = bytes.Length % signed.Length;
        Refused(signed[..at] + (char)(signed[at] ^ 1) + signed[(at + 1)..]);
        Refused(signed + text);
        FindingException.IfDifferent(null, s_urls.Read(s_urls.Sign(parts, DateTimeOffset.UnixEpoch)), "a URL whose time is over");
    }

    private static void Refused(string target) => FindingException.IfDifferent(null, s_urls.Read(target), target);
}
