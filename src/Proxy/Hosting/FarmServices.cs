using Waystation.Farm;
using Waystation.Farm.Secrets;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Hosting;

/// <summary>The farm, put together. Its client of Redis is loaded only where it is called.</summary>
internal static class FarmServices
{
    /// <summary>Adds nothing unless the node belongs to a farm. Called last: what it adds stands before the node's own.</summary>
    public static IServiceCollection AddFarm(this IServiceCollection services, NodeOptions options) =>
        options.Farm.IsOn ? Add(services, options.Farm) : services;

    private static IServiceCollection Add(IServiceCollection services, FarmOptions options) =>
        services.AddSingleton(options).AddSingleton(FarmSecrets.Read(options.SecretFile!));
}
