using System.Net;

namespace Waystation.Proxy.Admin;

/// <summary>
/// The operator's address, which clients never reach: health, readiness, metrics and the admin API. The pages are endpoints. Their common
/// checks are here, in the order in which a request meets them:
/// <code>
///   the address is in Admin:Allow            403
///   the Host is a loopback name              421   a web page of a stranger, with a name that resolves to this machine, reads nothing
///   routing                                        AdminRoutes
///   the token is right, if there is one      401
///   it allows the action, if the page acts   403
///   no page, or another method               404, 405
///   the page
/// </code>
/// </summary>
internal static class AdminPages
{
    /// <param name="services">The program's services.</param>
    /// <param name="mapPages">Maps the pages of the API.</param>
    /// <param name="mapDashboard">Maps the dashboard, which knows its operators by sessions of its own.</param>
    public static RequestDelegate Build(IServiceProvider services, Action<AdminApi> mapPages, Action<IEndpointRouteBuilder> mapDashboard)
    {
        AdminAccess access = services.GetRequiredService<AdminAccess>();
        // A pipeline of its own: in the program's pipeline, routing would see the requests of clients as well.
        var pages = new ApplicationBuilder(services);
        pages.Use(services.GetRequiredService<AdminFailures>().Before);
        pages.Use(next => context => access.Admits(context.Connection.RemoteIpAddress) ? next(context) : Refusals.NotAllowedAsync(context));
        pages.Use(AnswerLoopbackNamesOnly(access));
        pages.UseRouting();
        pages.Use(next => context => CheckTokenAsync(access, context, next));
        pages.Use(next => context => context.GetEndpoint() is RouteEndpoint ? next(context) : Refusals.NoPageAsync(context));
        pages.UseEndpoints(routes =>
        {
            AdminRoutes.Map(routes, mapPages);
            mapDashboard(routes);
        });
        return pages.Build();
    }

    private static Task CheckTokenAsync(AdminAccess access, HttpContext context, RequestDelegate next)
    {
        AdminGrant needed = AdminAccess.NeedOf(context);
        AdminGrant granted = needed == AdminGrant.None ? needed : access.GrantOf(context.Request.Headers.Authorization.ToString());
        return granted >= needed ? next(context)
            : granted == AdminGrant.None ? Refusals.WantTokenAsync(context)
            : Refusals.ReadOnlyAsync(context);
    }

    private static Func<RequestDelegate, RequestDelegate> AnswerLoopbackNamesOnly(AdminAccess access) =>
        next =>
            context =>
            {
                context.Response.Headers.CacheControl = "no-store";
                return access.IsLoopback && !IsLoopbackName(context.Request.Host.Host) ? Refusals.ForeignHostAsync(context) : next(context);
            };

    private static bool IsLoopbackName(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));
}
