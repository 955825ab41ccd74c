using System.Net;
using Waystation.Proxy.Limits;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>
/// Stands before every request of a client, and turns it away when its address has too many under way or sends too many. Requests of other
/// nodes are not counted, nor are those of a trusted proxy that names no client.
/// </summary>
internal sealed class RequestDoor(TrustedProxies proxies, RequestsUnderWay underWay, ClientRates rates, DoorMeters meters)
{
    private static readonly TimeSpan s_moment = TimeSpan.FromSeconds(10);

    public RequestDelegate Before(RequestDelegate next) =>
        async context =>
        {
            IPAddress address = context.Connection.RemoteIpAddress ?? IPAddress.None;
            if (context.Request.Path.StartsWithSegments(FarmEndpoint.Prefix, StringComparison.Ordinal) || proxies.Contains(address))
            {
                await next(context);
                return;
            }

            if (!underWay.TryBegin(address))
            {
                meters.RequestRefused("crowd");
                await RequestRefusal.ComeLaterAsync(context, $"{address} has too many requests under way", s_moment);
                return;
            }

            try
            {
                if (rates.Count(address) is { } wait)
                {
                    meters.RequestRefused("address-rate");
                    await RequestRefusal.ComeLaterAsync(context, $"{address} sends too many requests", wait);
                    return;
                }

                await next(context);
            }
            finally
            {
                underWay.End(address);
            }
        };
}
