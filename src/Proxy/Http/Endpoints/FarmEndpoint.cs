using Waystation.Farm.Peers;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>The requests of other nodes. A node by itself has no such page, and no primary sees these paths.</summary>
internal sealed class FarmEndpoint(IEnumerable<IFarmEndpoint> farm)
{
    public const string Prefix = "/.waystation/farm";

    private readonly IFarmEndpoint? _farm = farm.FirstOrDefault();

    public Task HandleAsync(HttpContext context)
    {
        if (_farm is not null)
        {
            return _farm.HandleAsync(context);
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
