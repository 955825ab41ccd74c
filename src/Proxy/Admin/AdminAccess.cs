using System.Net;
using System.Security.Cryptography;
using System.Text;
using Waystation.Primaries;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Admin;

/// <summary>Checks access to a page of the admin address: any peer, or only one with the token if there is a token.</summary>
internal sealed class AdminAccess(AdminOptions options)
{
    private readonly ClientNetworks _allowed = new(options.Allow);

    /// <summary>Whether a client with this address may use the admin address.</summary>
    public bool Admits(IPAddress? client) => _allowed.IsEmpty || (client is not null && _allowed.Contains(client));

    /// <summary>Whether the admin address is one that other machines cannot reach.</summary>
    public bool IsLoopback => options.Listen.IsLoopback;

    /// <summary>Whether the request may reach its page. Below the API, pages that do not exist need the token as well.</summary>
    public bool MayPass(HttpContext context) =>
        options.TokenFile is null
        || (!AdminRoutes.IsInApi(context) && context.GetEndpoint()?.Metadata.GetMetadata<NeedsToken>() is null)
        || IsTokenIn(context.Request.Headers.Authorization.ToString(), options.TokenFile);

    /// <summary>The file is read each time: a token may be exchanged while the node runs.</summary>
    private static bool IsTokenIn(string authorization, string file)
    {
        string token = File.ReadAllText(file).Trim();
        return token.Length > 0
            && CryptographicOperations.FixedTimeEquals(
                SHA256.HashData(Encoding.UTF8.GetBytes($"Bearer {token}")),
                SHA256.HashData(Encoding.UTF8.GetBytes(authorization))
            );
    }
}
