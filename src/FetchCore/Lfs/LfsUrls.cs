using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Lfs;

namespace Waystation.FetchCore.Lfs;

/// <summary>
/// Signs the URLs by which clients download objects from the node, and checks them.
/// <code>
///   /.waystation/lfs/HOST/PATH/OID?size=BYTES&amp;expires=SECONDS&amp;for=CREDENTIAL&amp;signature=HMAC
/// </code>
/// The signature binds the repository, the object, its size, the end of the URL (seconds since 1970) and the digest of the credential to
/// which the primary gave the permission. Its key lives as long as the process, as that of the credentials does.
/// </summary>
public sealed class LfsUrls
{
    /// <summary>The beginning of every URL.</summary>
    public const string Prefix = "/.waystation/lfs/";

    /// <summary>Longer than any URL that the node signs.</summary>
    private const int MaxLength = RepositoryPath.MaxLength + 1_024;

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);
    private readonly TimeProvider _time;

    /// <param name="time">The wall clock.</param>
    public LfsUrls(TimeProvider time) => _time = time;

    /// <summary>
    /// The target of a URL: path and query. Its end is rounded up to a whole second, so no URL ends before the time that the client was
    /// told.
    /// </summary>
    public string Sign(RepositoryName repository, Credential credential, LfsObject asked, DateTimeOffset expires) =>
        Sign(repository, credential.ToToken(), asked, (expires + TimeSpan.FromTicks(TimeSpan.TicksPerSecond - 1)).ToUnixTimeSeconds());

    /// <summary>Reads a target. False for anything that the node has not signed so, letter by letter, and for a URL whose time is
    /// over.</summary>
    public bool TryRead(string target, out RepositoryName repository, out Credential credential, out LfsObject asked)
    {
        (repository, credential, asked) = (default, default, default);
        if (
            !TrySplit(target, out string host, out string path, out string oid, out string[] values)
            || !LfsObjectId.TryParse(oid.AsSpan(), out LfsObjectId id)
            || !long.TryParse(values[0], NumberStyles.None, CultureInfo.InvariantCulture, out long size)
            || !long.TryParse(values[1], NumberStyles.None, CultureInfo.InvariantCulture, out long expires)
            || !Credential.TryParseToken(values[2], out credential)
        )
        {
            return false;
        }

        (repository, asked) = (new RepositoryName(host, path), new LfsObject(id, size));
        // The whole text is compared, so that there is one spelling of each URL.
        string signed = Sign(repository, values[2], asked, expires);
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(target), Encoding.ASCII.GetBytes(signed))
            && _time.GetUtcNow().ToUnixTimeSeconds() < expires;
    }

    private string Sign(RepositoryName repository, string credential, LfsObject asked, long expires)
    {
        string unsigned = string.Create(
            CultureInfo.InvariantCulture,
            $"{Prefix}{repository.Host}/{repository.Path}/{asked.Id}?size={asked.Size}&expires={expires}&for={credential}"
        );
        byte[] signature = HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(unsigned));
        return $"{unsigned}&signature={Convert.ToHexStringLower(signature)}";
    }

    /// <summary>Takes a target apart.</summary>
    /// <param name="target">Path and query.</param>
    /// <param name="host">The host of the repository.</param>
    /// <param name="path">The path of the repository.</param>
    /// <param name="oid">The id of the object.</param>
    /// <param name="values">The values of the four parameters, which are all there, in their order.</param>
    private static bool TrySplit(string target, out string host, out string path, out string oid, out string[] values)
    {
        (host, path, oid, values) = ("", "", "", []);
        int mark = target.IndexOf('?', StringComparison.Ordinal);
        if (mark < 0 || target.Length > MaxLength || !target.StartsWith(Prefix, StringComparison.Ordinal) || !Ascii.IsValid(target))
        {
            return false;
        }

        string names = target[Prefix.Length..mark];
        int first = names.IndexOf('/', StringComparison.Ordinal);
        int last = names.LastIndexOf('/');
        string[] parameters = target[(mark + 1)..].Split('&');
        string[] expected = ["size=", "expires=", "for=", "signature="];
        if (first < 1 || last <= first || parameters.Length != expected.Length)
        {
            return false;
        }

        for (int i = 0; i < expected.Length; i++)
        {
            if (!parameters[i].StartsWith(expected[i], StringComparison.Ordinal))
            {
                return false;
            }

            parameters[i] = parameters[i][expected[i].Length..];
        }

        (host, path, oid, values) = (names[..first], names[(first + 1)..last], names[(last + 1)..], parameters);
        return true;
    }
}
