using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Waystation.Proxy.Admin;

/// <summary><c>GET /api/v1/openapi.json</c>: the description of the admin API, made from its endpoints (OpenAPI 3.1).</summary>
internal static class AdminDescription
{
    public const string Path = "/openapi.json";

    private const string Scheme = "token";

    public static IServiceCollection Add(IServiceCollection services) =>
        services.AddOpenApi(static options =>
        {
            options.ShouldInclude = static page => page.RelativePath?.StartsWith("api/v1/", StringComparison.Ordinal) == true;
            options.AddDocumentTransformer(DescribeAsync);
            options.AddOperationTransformer(DescribeAsync);
        });

    private static Task DescribeAsync(
        OpenApiDocument document,
        OpenApiDocumentTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        document.Info = new OpenApiInfo
        {
            Title = "Waystation admin API",
            Version = "v1",
            Description = "The operator's view of a node. Without a token file no token is needed. Errors are problem details (RFC 9457).",
        };
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            [Scheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "The token of Admin:TokenFile, or for pages that only show something that of Admin:ReadTokenFile.",
            },
        };
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] }];
        return Task.CompletedTask;
    }

    private static async Task DescribeAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<TakesBody>().LastOrDefault() is { } body)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    ["application/json"] = new() { Schema = await context.GetOrCreateSchemaAsync(body.Type, null, cancellationToken) },
                },
            };
        }
    }
}
