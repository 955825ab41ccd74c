using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Waystation.Proxy.Admin;

namespace Waystation.Proxy.Dashboard.Sessions;

/// <summary>
/// The sessions of operators in browsers. A session is a cookie with the digest of the token that opened it, sealed with a key that lives
/// in this process only. So a session ends when the content of the token's file changes, when the node restarts, and after twelve hours.
/// It allows as much as the token: to look, or to act too.
/// Without a token the admin address is open, to this machine alone.
/// </summary>
internal sealed class OperatorSessions(AdminAccess access, IDataProtectionProvider protection)
{
    /// <summary>The name of the cookie.</summary>
    public const string Cookie = "waystation-session";

    private static readonly TimeSpan s_lifetime = TimeSpan.FromHours(12);

    private readonly ITimeLimitedDataProtector _seal = protection
        .CreateProtector("waystation operator session")
        .ToTimeLimitedDataProtector();

    /// <summary>Whether an operator must log in.</summary>
    public bool WantsLogin => !access.IsOpen;

    /// <summary>What the sender of this request may do.</summary>
    public AdminGrant GrantOf(HttpContext context) =>
        !WantsLogin ? AdminGrant.Act
        : Unseal(context.Request.Cookies[Cookie]) is { } digest ? access.GrantOf(digest)
        : AdminGrant.None;

    /// <summary>Opens a session; false if this is not the token.</summary>
    public bool TryLogIn(HttpContext context, string token)
    {
        byte[] digest = AdminAccess.DigestOf(token.Trim());
        if (access.GrantOf(digest) == AdminGrant.None)
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
}
