using Waystation.FetchCore.Primaries.Errors;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>Refuses a request with a line that its user sees: git shows text, git-lfs a message in JSON.</summary>
internal static class RequestRefusal
{
    /// <summary>429, with the time after which the client may come again.</summary>
    public static Task ComeLaterAsync(HttpContext context, string line, TimeSpan wait)
    {
        string seconds = TroubleText.Seconds(wait);
        context.Response.Headers.RetryAfter = seconds;
        return WriteAsync(context, StatusCodes.Status429TooManyRequests, $"{line}; try again in {seconds} s");
    }

    /// <summary>403: it will not help to come again.</summary>
    public static Task ForbidAsync(HttpContext context, string line) => WriteAsync(context, StatusCodes.Status403Forbidden, line);

    private static Task WriteAsync(HttpContext context, int status, string line)
    {
        if (
            LfsObjectEndpoint.IsUnder(context.Request.Path)
            || context.Request.Headers.Accept.ToString().Contains("application/vnd.git-lfs", StringComparison.OrdinalIgnoreCase)
        )
        {
            return LfsMessage.WriteAsync(context, status, $"waystation: {line}");
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync($"waystation: {line}\n", context.RequestAborted);
    }
}
