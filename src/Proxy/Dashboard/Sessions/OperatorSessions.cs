using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Dashboard.Sessions;

/// <summary>
/// The sessions of operators in browsers. A session is a cookie with the digest of the token that opened it, sealed with a key that lives
/// in this process only. So a session ends when the content of the token's file changes, when the node restarts, and after twelve hours.
/// Without a token the admin address is open, to this machine alone.
/// </summary>
internal sealed class OperatorSessions(AdminOptions options, IDataProtectionProvider protection)
{
    /// <summary>The name of the cookie.</summary>
    public const string Cookie = "waystation-session";

    private static readonly TimeSpan s_lifetime = TimeSpan.FromHours(12);

    private readonly ITimeLimitedDataProtector _seal = protection
        .CreateProtector("waystation operator session")
        .ToTimeLimitedDataProtector();

    /// <summary>Whether an operator must log in.</summary>
    public bool WantsLogin => !options.IsOpen;

    /// <summary>What the sender of this request may do.</summary>
    public OperatorRight RightOf(HttpContext context) =>
        !WantsLogin ? OperatorRight.Act
        : Unseal(context.Request.Cookies[Cookie]) is { } digest ? RightOfDigest(digest)
        : OperatorRight.None;

    /// <summary>Opens a session; false if this is not the token.</summary>
    public bool TryLogIn(HttpContext context, string token)
    {
        byte[] digest = DigestOf(token.Trim());
        if (RightOfDigest(digest) == OperatorRight.None)
        {
            return false;
        }

        context.Response.Cookies.Append(Cookie, Convert.ToBase64String(_seal.Protect(digest, s_lifetime)), CookieFor(context));
        return true;
    }

    /// <summary>Ends the session in this browser.</summary>
    public static void LogOut(HttpContext context) => context.Response.Cookies.Delete(Cookie, CookieFor(context));

    /// <summary>How cookies of the dashboard are sent. A proxy that ends TLS says so.</summary>
    public static CookieOptions CookieFor(HttpContext context) =>
        new()
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Strict,
            Secure = context.Request.IsHttps || context.Request.Headers["X-Forwarded-Proto"] == "https",
            Path = "/",
            IsEssential = true,
        };

    /// <summary>The file is read each time: a token may be exchanged while the node runs.</summary>
    private OperatorRight RightOfDigest(byte[] digest) =>
        TokenIn(options.TokenFile) is { } token && CryptographicOperations.FixedTimeEquals(digest, DigestOf(token))
            ? OperatorRight.Act
            : OperatorRight.None;

    private byte[]? Unseal(string? cookie)
    {
        try
        {
            return cookie is null ? null : _seal.Unprotect(Convert.FromBase64String(cookie), out _);
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            return null;
        }
    }

    private static string? TokenIn(string? file)
    {
        try
        {
            return file is not null && File.ReadAllText(file).Trim() is { Length: > 0 } token ? token : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static byte[] DigestOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
