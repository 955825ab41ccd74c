using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Net.Http.Headers;
using Waystation.Proxy.Admin;
using Waystation.Proxy.Dashboard.Sessions;
using Waystation.Proxy.Options;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Dashboard;

/// <summary>A session may do what the token that opened it may do.</summary>
public sealed class OperatorSessionsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Session_HasTheRightOfItsToken()
    {
        await File.WriteAllTextAsync(_folder["act"], "acts\n");
        await File.WriteAllTextAsync(_folder["read"], "reads\n");
        var sessions = SessionsWith(new AdminOptions { TokenFile = _folder["act"], ReadTokenFile = _folder["read"] });

        Assert.Equal(AdminGrant.Act, GrantAfterLogin(sessions, "acts"));
        Assert.Equal(AdminGrant.Read, GrantAfterLogin(sessions, "reads"));
        Assert.False(sessions.TryLogIn(new DefaultHttpContext(), "other"));
        Assert.False(sessions.TryLogIn(new DefaultHttpContext(), ""));
    }

    [Fact]
    public void TokenThatReads_IsEnough_ToWantALogin()
    {
        File.WriteAllText(_folder["read"], "reads");
        var sessions = SessionsWith(new AdminOptions { ReadTokenFile = _folder["read"] });

        Assert.True(sessions.WantsLogin);
        Assert.Equal(AdminGrant.None, sessions.GrantOf(new DefaultHttpContext()));
        Assert.Equal(AdminGrant.Read, GrantAfterLogin(sessions, "reads"));
    }

    public void Dispose() => _folder.Dispose();

    private static OperatorSessions SessionsWith(AdminOptions options) =>
        new(new AdminAccess(options, NullLogger<AdminAccess>.Instance), new EphemeralDataProtectionProvider());

    private static AdminGrant GrantAfterLogin(OperatorSessions sessions, string token)
    {
        var login = new DefaultHttpContext();
        Assert.True(sessions.TryLogIn(login, token));
        var next = new DefaultHttpContext();
        SetCookieHeaderValue cookie = SetCookieHeaderValue.Parse(login.Response.Headers.SetCookie.ToString());
        next.Request.Headers.Cookie = $"{cookie.Name}={cookie.Value}";
        return sessions.GrantOf(next);
    }
}
