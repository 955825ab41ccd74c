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
///   /.waystation/lfs/HOST/PATH/OID?size=BYTES&amp;expires=SECONDS&amp;for=CREDENTIAL&amp;at=NODE&amp;signature=HMAC
/// </code>
/// The signature binds the repository, the object, its size, the end of the URL (seconds since 1970), the digest of the credential to
/// which the primary gave the permission, and the node if only one can download the object. The key lives as long as the process, as that
/// of the credentials does. In a farm both come from the secret of the farm.
/// </summary>
public sealed class LfsUrls
{
    /// <summary>The beginning of every URL.</summary>
    public const string Prefix = "/.waystation/lfs/";

    /// <summary>Longer than any URL that the node signs.</summary>
    private const int MaxLength = RepositoryPath.MaxLength + 2_048;

    private static readonly string[] s_parameters = ["size=", "expires=", "for=", "signature="];
    private static readonly string[] s_parametersAtNode = ["size=", "expires=", "for=", "at=", "signature="];

    private readonly ReadOnlyMemory<byte>[] _keys;
    private readonly TimeProvider _time;

    /// <param name="time">The wall clock.</param>
    public LfsUrls(TimeProvider time)
        : this(time, [RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes)]) { }

    /// <param name="time">The wall clock.</param>
    /// <param name="keys">The keys. The first one signs, and each of them is good.</param>
    public LfsUrls(TimeProvider time, IEnumerable<ReadOnlyMemory<byte>> keys) => (_time, _keys) = (time, [.. keys]);

    /// <summary>
    /// The target of a URL: path and query. Its end is rounded up to a whole second, so no URL ends before the time that the client was
    /// told.
    /// </summary>
    /// <param name="parts">The parts.</param>
    /// <param name="expires">The end.</param>
    public string Sign(LfsUrlParts parts, DateTimeOffset expires) =>
        Sign(_keys[0], parts, (expires + TimeSpan.FromTicks(TimeSpan.TicksPerSecond - 1)).ToUnixTimeSeconds());

    /// <summary>Reads a target. Null for anything that no node has signed so, letter by letter, and for a URL whose time is over.</summary>
    public LfsUrlParts? Read(string target)
    {
        if (
            !TrySplit(target, out string host, out string path, out string oid, out string[] values)
            || !LfsObjectId.TryParse(oid.AsSpan(), out LfsObjectId id)
            || !long.TryParse(values[0], NumberStyles.None, CultureInfo.InvariantCulture, out long size)
            || !long.TryParse(values[1], NumberStyles.None, CultureInfo.InvariantCulture, out long expires)
            || !Credential.TryParseToken(values[2], out Credential credential)
        )
        {
            return null;
        }

        string? node = values.Length == s_parametersAtNode.Length ? Uri.UnescapeDataString(values[3]) : null;
        var parts = new LfsUrlParts(new RepositoryName(host, path), credential, new LfsObject(id, size), node);
        byte[] given = Encoding.ASCII.GetBytes(target);
        for (int i = 0; i < _keys.Length; i++)
        {
            // The whole text is compared, so that there is one spelling of each URL.
            if (CryptographicOperations.FixedTimeEquals(given, Encoding.UTF8.GetBytes(Sign(_keys[i], parts, expires))))
            {
                return _time.GetUtcNow().ToUnixTimeSeconds() < expires ? parts with { IsOfOtherKey = i > 0 } : null;
            }
        }

        return null;
    }

    private static string Sign(ReadOnlyMemory<byte> key, LfsUrlParts parts, long expires)
    {
        string at = parts.Node is { } node ? $"&at={Uri.EscapeDataString(node)}" : "";
        string unsigned = string.Create(
            CultureInfo.InvariantCulture,
            $"{Prefix}{parts.Repository.Host}/{parts.Repository.Path}/{parts.Object.Id}"
                + $"?size={parts.Object.Size}&expires={expires}&for={parts.Credential.ToToken()}{at}"
        );
        byte[] signature = HMACSHA256.HashData(key.Span, Encoding.UTF8.GetBytes(unsigned));
        return $"{unsigned}&signature={Convert.ToHexStringLower(signature)}";
    }

    /// <summary>Takes a target apart.</summary>
    /// <param name="target">Path and query.</param>
    /// <param name="host">The host of the repository.</param>
    /// <param name="path">The path of the repository.</param>
    /// <param name="oid">The id of the object.</param>
    /// <param name="values">The values of the parameters, in their order.</param>
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
        string[] expected = parameters.Length == s_parametersAtNode.Length ? s_parametersAtNode : s_parameters;
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
