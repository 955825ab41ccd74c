using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace Waystation.Proxy.Dashboard.Sessions;

/// <summary>
/// What came of an action, for the page that is shown next. It is a sealed cookie: nobody else can make a link to a page that says so.
/// </summary>
internal sealed class Notice(IDataProtectionProvider protection)
{
    private const string Cookie = "waystation-said";

    /// <summary>A browser drops a cookie of more than 4 KiB.</summary>
    private const int Longest = 600;

    private readonly IDataProtector _seal = protection.CreateProtector("waystation notice");

    /// <summary>Says something on the next page.</summary>
    public void Say(HttpContext context, string text) =>
        context.Response.Cookies.Append(
            Cookie,
            _seal.Protect(text.Length > Longest ? text[..Longest] + "…" : text),
            OperatorSessions.CookieFor(context)
        );

    /// <summary>Takes what is to be said; null if there is nothing.</summary>
    public string? Take(HttpContext context)
    {
        if (context.Request.Cookies[Cookie] is not { } cookie)
        {
            return null;
        }

        context.Response.Cookies.Delete(Cookie, OperatorSessions.CookieFor(context));
        try
        {
            return _seal.Unprotect(cookie);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
