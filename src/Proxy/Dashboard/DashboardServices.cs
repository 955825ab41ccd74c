using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.DataProtection;
using Waystation.Proxy.Dashboard.History;
using Waystation.Proxy.Dashboard.Pages;
using Waystation.Proxy.Dashboard.Sessions;

namespace Waystation.Proxy.Dashboard;

/// <summary>Puts the dashboard together.</summary>
internal static class DashboardServices
{
    public static IServiceCollection AddDashboard(this IServiceCollection services)
    {
        // Keys live in this process only: nothing secret is on the disk, and a restart ends what was sealed.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddAntiforgery(static forms =>
        {
            forms.FormFieldName = "form";
            forms.HeaderName = null;
            forms.Cookie.Name = "waystation-form";
            forms.Cookie.HttpOnly = true;
            forms.Cookie.SameSite = SameSiteMode.Strict;
            forms.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            forms.SuppressXFrameOptionsHeader = true; // DashboardDoor sends it
        });
        // It would read keys from the disk at the start, of which there are none.
        foreach (ServiceDescriptor reader in services.Where(IsKeyReader).ToList())
        {
            services.Remove(reader);
        }

        // A form of before a restart is answered in words; and keys that end with the process are meant so.
        services.AddLogging(static log =>
            log.AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.None)
                .AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error)
        );
        return services
            .AddSingleton<FetchHistory>()
            .AddHostedService(static provider => provider.GetRequiredService<FetchHistory>())
            .AddSingleton<OperatorSessions>()
            .AddSingleton<Notice>()
            .AddSingleton<StoreSizes>()
            .AddSingleton<AttentionList>()
            .AddSingleton<RepositorySearch>()
            .AddSingleton<PageRenderer>()
            .AddSingleton<DashboardDoor>()
            .AddSingleton<LiveUpdates>()
            .AddSingleton<DashboardActions>()
            .AddSingleton<DashboardRoutes>();
    }

    private static bool IsKeyReader(ServiceDescriptor service) =>
        service.ServiceType == typeof(IHostedService)
        && service.ImplementationType?.Assembly == typeof(EphemeralDataProtectionProvider).Assembly;
}
