using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Waystation.TestKit.Servers.Lfs;

/// <summary>Answers in LFS's own media type.</summary>
internal static class LfsAnswers
{
    private const string MediaType = "application/vnd.git-lfs+json";

    public static Task JsonAsync(HttpContext context, JsonObject answer, int status = 200)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = MediaType;
        return context.Response.WriteAsync(answer.ToJsonString());
    }

    public static Task ErrorAsync(HttpContext context, int status, string message)
    {
        if (status == 401)
        {
            context.Response.Headers["LFS-Authenticate"] = "Basic realm=\"primary\"";
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"primary\"";
        }

        return JsonAsync(context, new JsonObject { ["message"] = message, ["documentation_url"] = "https://primary.example/lfs" }, status);
    }
}
