using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Refs;
using Waystation.Primaries;
using Waystation.Primaries.Http.Responses;
using Waystation.Proxy.Http.Headers;
using Waystation.Proxy.Http.Requests;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>
/// The client's identity, as the primary may see it: every header that is not on a fixed list, because a forge may invent a header
/// tomorrow; every query parameter; and everything that the node itself tells the primary about the client. Everything by which the primary
/// may decide is in the credential, or is not sent.
/// </summary>
internal sealed class ClientIdentity(CredentialDigester digester, AccessOptions access, RestlessFields restless)
{
    private static readonly HashSet<string> s_notIdentifying = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host",
        "Accept",
        "Accept-Charset",
        "Accept-Encoding",
        "Accept-Language",
        "User-Agent",
        "Git-Protocol",
        "Content-Type",
        "Content-Length",
        "Content-Encoding",
        "Cache-Control",
        "Pragma",
        "Expect",
        "Date",
        "DNT",
        "Via",
    };

    private readonly HashSet<string> _ignored = new(access.IgnoredHeaders, StringComparer.OrdinalIgnoreCase);

    /// <summary>The credential that a request carries.</summary>
    public Credential Identify(HttpRequest request, GitRequest git, Primary primary)
    {
        // The primary does not see what Connection names. Such a field is no login, and still tells requests apart.
        KeyValuePair<string, StringValues>[] dropped = [.. ClientHeaders.Dropped(request.Headers)];
        List<KeyValuePair<string, StringValues>> fields =
        [
            .. request.Headers.Where(header => MayIdentify(header.Key) && !Array.Exists(dropped, one => one.Key == header.Key)),
        ];
        restless.See(ClientHeaders.AddressOf(request.HttpContext), fields);
        IEnumerable<KeyValuePair<string, string>> headers = fields.SelectMany(static header =>
            header.Value.Select(value => new KeyValuePair<string, string>($"header {header.Key.ToLowerInvariant()}", value ?? ""))
        );
        IEnumerable<KeyValuePair<string, string>> parameters = git.IdentifyingParameters.Select(static parameter => new KeyValuePair<
            string,
            string
        >($"query {parameter.Key}", parameter.Value));
        return digester.Digest(
            headers.Concat(parameters),
            isAnonymous => Circumstances(request, primary, isAnonymous).Concat(Named(dropped))
        );
    }

    /// <summary>
    /// The key of a client's question: everything that the primary sees of it but trace numbers. A response may depend on any of it, so
    /// only requests that agree in all of it may share one.
    /// </summary>
    /// <param name="request">The client's request.</param>
    /// <param name="headers">Its headers, as they are sent to the primary.</param>
    /// <param name="body">Its body; empty if it has none.</param>
    public RefsKey KeyOf(ClientRequest request, IEnumerable<KeyValuePair<string, StringValues>> headers, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, Encoding.UTF8.GetBytes(request.Git.Target));
        Append(hash, body);
        foreach ((string name, StringValues values) in headers)
        {
            if (!Counts(name, request.Primary))
            {
                continue;
            }

            foreach (string? value in values)
            {
                Append(hash, Encoding.UTF8.GetBytes(name));
                Append(hash, Encoding.UTF8.GetBytes(value ?? ""));
            }
        }

        return new RefsKey(request.Repository, request.Credential, Convert.ToHexString(hash.GetHashAndReset()));
    }

    private static IEnumerable<KeyValuePair<string, string>> Named(IEnumerable<KeyValuePair<string, StringValues>> dropped) =>
        dropped.SelectMany(static field =>
            field.Value.Select(value => new KeyValuePair<string, string>($"dropped {field.Key.ToLowerInvariant()}", value ?? ""))
        );

    private static IEnumerable<KeyValuePair<string, string>> Circumstances(HttpRequest request, Primary primary, bool isAnonymous)
    {
        // If the client uses the primary's own name, the primary gets nothing that a direct client would not send.
        string name = ClientHeaders.NameOf(request);
        if (name != primary.Http.Prefix)
        {
            yield return new("name", name);
        }

        if (primary.DecidesByAddress == AddressRule.All || (isAnonymous && primary.DecidesByAddress == AddressRule.Anonymous))
        {
            yield return new("address", ClientHeaders.AddressOf(request.HttpContext));
        }
    }

    private bool MayIdentify(string name) =>
        !s_notIdentifying.Contains(name)
        && !IsIgnored(name)
        && !ClientHeaders.IsHopByHop(name)
        && !ClientHeaders.IsForwarding(name)
        && !name.StartsWith(':');

    /// <summary>The number of a request differs for every request, and changes nothing about the response.</summary>
    private bool IsIgnored(string name) => TraceFields.Contains(name) || _ignored.Contains(name);

    private bool Counts(string name, Primary primary) =>
        !IsIgnored(name) && (name != ReportedFields.Address || primary.DecidesByAddress != AddressRule.None);

    private static void Append(IncrementalHash hash, ReadOnlySpan<byte> bytes)
    {
        hash.AppendData(BitConverter.GetBytes(bytes.Length));
        hash.AppendData(bytes);
    }
}
