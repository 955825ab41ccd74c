using System.Net;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.Primaries;
using Waystation.Proxy.Limits;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>
/// Decides, for both doors, whether a client may ask a primary: by its address (<see cref="ClientListOptions"/>) and the rate of its login.
/// The primary's own permissions come after that.
/// </summary>
internal sealed class ClientAdmission(PrimaryMap primaries, ClientRates rates, DoorMeters meters)
{
    /// <summary>Refuses a request for a primary.</summary>
    /// <returns>Whether it was refused, and answered.</returns>
    public async Task<bool> TryRefuseAsync(HttpContext context, Primary primary)
    {
        if (!primary.Admits(context.Connection.RemoteIpAddress))
        {
            await ForbidAsync(context);
            return true;
        }

        return rates.CountSecret("authorization", context.Request.Headers.Authorization.ToString()) is { } wait
            && await ComeLaterAsync(context, wait);
    }

    /// <summary>Refuses a request of a login that is no <c>Authorization</c> field, such as a token in a field of a forge.</summary>
    public async Task<bool> TryRefuseAsync(HttpContext context, Credential credential) =>
        context.Request.Headers.Authorization.Count == 0 && rates.Count(credential) is { } wait && await ComeLaterAsync(context, wait);

    /// <summary>Refuses a request for an object of a repository, by a URL that the node signed.</summary>
    public async Task<bool> TryRefuseAsync(HttpContext context, RepositoryName repository)
    {
        if (primaries.Admits(repository, context.Connection.RemoteIpAddress))
        {
            return false;
        }

        await ForbidAsync(context);
        return true;
    }

    /// <summary>Refuses a command over SSH.</summary>
    /// <param name="client">The client's address; null if it is not known.</param>
    /// <param name="key">The key by which it logged in.</param>
    /// <returns>The line for the user; null if the command may run.</returns>
    public string? RefusalOverSsh(IPAddress? client, string key)
    {
        if (!primaries.OverSsh.Admits(client))
        {
            meters.RequestRefused("not-allowed");
            return NotAllowed(client);
        }

        if (client is not null && rates.Count(client) is { } ofAddress)
        {
            meters.RequestRefused("address-rate");
            return $"{client} sends too many requests; try again in {TroubleText.Seconds(ofAddress)} s";
        }

        if (rates.CountSecret("ssh key", key) is { } ofKey)
        {
            meters.RequestRefused("credential-rate");
            return $"this key sends too many requests; try again in {TroubleText.Seconds(ofKey)} s";
        }

        return null;
    }

    private static string NotAllowed(IPAddress? client) =>
        $"the operator of this node does not allow requests from {client?.ToString() ?? "an unknown address"}";

    private async Task<bool> ComeLaterAsync(HttpContext context, TimeSpan wait)
    {
        meters.RequestRefused("credential-rate");
        await RequestRefusal.ComeLaterAsync(context, "this login sends too many requests", wait);
        return true;
    }

    private Task ForbidAsync(HttpContext context)
    {
        meters.RequestRefused("not-allowed");
        return RequestRefusal.ForbidAsync(context, NotAllowed(context.Connection.RemoteIpAddress));
    }
}
