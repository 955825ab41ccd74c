using System.Net;
using System.Security.Cryptography;
using System.Text;
using Waystation.Primaries;
using Waystation.Proxy.Options;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Admin;

/// <summary>
/// Checks access to a page of the admin address: everything without a token file; with one, what the shown token allows. There are two
/// tokens, one that acts and one that only reads.
/// </summary>
internal sealed class AdminAccess(AdminOptions options, ILogger<AdminAccess> logger)
{
    private readonly ClientNetworks _allowed = new(options.Allow);

    /// <summary>Whether a client with this address may use the admin address.</summary>
    public bool Admits(IPAddress? client) => _allowed.IsEmpty || (client is not null && _allowed.Contains(client));

    /// <summary>Whether the admin address is one that other machines cannot reach.</summary>
    public bool IsLoopback => options.Listen.IsLoopback;

    /// <summary>Whether there is no token, so that every peer may do everything.</summary>
    public bool IsOpen => options.IsOpen;

    /// <summary>
    /// The least that a request must be allowed to reach its page. Below the API, pages that do not exist need a token as well.
    /// </summary>
    public static AdminGrant NeedOf(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<NeedsToken>()?.Grant
        ?? (AdminRoutes.IsInApi(context) ? AdminGrant.Read : AdminGrant.None);

    /// <summary>The things that the value of an <c>Authorization</c> field allows.</summary>
    public AdminGrant GrantOf(string authorization) =>
        authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            ? GrantOf(DigestOf(authorization["Bearer ".Length..]))
            : GrantOf(DigestOf(""));

    /// <summary>The digest of a token, by which sessions know it.</summary>
    public static byte[] DigestOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>The things that the token with this digest allows. Both files are compared in any case, so the time tells nothing about
    /// the token.</summary>
    public AdminGrant GrantOf(ReadOnlySpan<byte> digest)
    {
        bool mayAct = IsIn(options.TokenFile, digest);
        bool mayRead = IsIn(options.ReadTokenFile, digest);
        return IsOpen || mayAct ? AdminGrant.Act
            : mayRead ? AdminGrant.Read
            : AdminGrant.None;
    }

    /// <summary>
    /// The file is read each time: a token may be exchanged while the node runs. A file that cannot be read admits nobody.
    /// </summary>
    private bool IsIn(string? file, ReadOnlySpan<byte> digest)
    {
        if (file is null)
        {
            return false;
        }

        try
        {
            string kept = File.ReadAllText(file).Trim();
            return CryptographicOperations.FixedTimeEquals(DigestOf(kept), digest) && kept.Length > 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.TokenFileUnreadable(file, e.Message);
            return false;
        }
    }
}
