using Microsoft.Extensions.DependencyInjection;
using Waystation.Farm.Secrets;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;

namespace Waystation.Farm.Tickets;

/// <summary>Permission in a farm, put together.</summary>
public static class TicketServices
{
    /// <summary>Adds the exchange of tickets, and the digester with which all nodes digest credentials alike.</summary>
    public static IServiceCollection AddFarmTickets(this IServiceCollection services, TicketTimes times) =>
        services
            .AddSingleton(static provider => new CredentialDigester(provider.GetRequiredService<FarmSecrets>().Key("credentials")))
            .AddSingleton(times)
            .AddSingleton<RefusalOrder>(static _ => new RefusalOrder())
            .AddSingleton<RefusalOutbox>()
            .AddSingleton<ITicketExchange, TicketExchange>()
            .AddHostedService<TicketHearing>();
}
