namespace Waystation.Proxy.Admin;

/// <summary>Writes the refusals of the admin address: problem details (RFC 9457) below the API, a line of text elsewhere.</summary>
internal static class Refusals
{
    /// <summary>The detail for a query whose <c>repo</c> is no repository.</summary>
    public const string NoRepository = "repo is HOST/PATH with the host of a primary of this node, or PATH where the node has one primary.";

    public static Task NotAllowedAsync(HttpContext context) =>
        TellAsync(
            context,
            StatusCodes.Status403Forbidden,
            $"The operator of this node does not allow {context.Connection.RemoteIpAddress} here (Admin:Allow)."
        );

    public static Task ForeignHostAsync(HttpContext context) =>
        TellAsync(context, StatusCodes.Status421MisdirectedRequest, "The admin address answers only to loopback names.");

    public static Task WantTokenAsync(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return TellAsync(context, StatusCodes.Status401Unauthorized, "Send the admin token: Authorization: Bearer TOKEN.");
    }

    public static Task ReadOnlyAsync(HttpContext context) =>
        TellAsync(
            context,
            StatusCodes.Status403Forbidden,
            "This token only reads (Admin:ReadTokenFile). An action needs the token of Admin:TokenFile."
        );

    /// <summary>There is no page of this name, or it takes other methods; routing has found out which of the two.</summary>
    public static Task NoPageAsync(HttpContext context)
    {
        bool takesOthers = context.GetEndpoint() is not null;
        if (!AdminRoutes.IsInApi(context))
        {
            return takesOthers || context.Request.Method is not ("GET" or "HEAD")
                ? TellAsync(context, StatusCodes.Status405MethodNotAllowed, "This page takes GET only.")
                : TellAsync(
                    context,
                    StatusCodes.Status404NotFound,
                    "There are /, the dashboard, and /healthz, /readyz, /metrics and /api/v1/."
                );
        }

        return takesOthers
            ? Problem(StatusCodes.Status405MethodNotAllowed, "This page takes another method.").ExecuteAsync(context)
            : Problem(StatusCodes.Status404NotFound, "There is no such page under /api/v1/.").ExecuteAsync(context);
    }

    public static IResult Problem(int status, string detail) => TypedResults.Problem(detail, statusCode: status);

    /// <summary>Writes a refusal in the form that fits its path.</summary>
    public static Task TellAsync(HttpContext context, int status, string text)
    {
        if (AdminRoutes.IsInApi(context))
        {
            return Problem(status, text).ExecuteAsync(context);
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }
}
