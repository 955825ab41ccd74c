using Microsoft.AspNetCore.Http;

namespace Waystation.Farm.Peers;

/// <summary>Answers the requests of other nodes, which come by the addresses for clients.</summary>
public interface IFarmEndpoint
{
    /// <summary>Answers a request under <c>/.waystation/farm/</c>.</summary>
    Task HandleAsync(HttpContext context);
}
