using Microsoft.AspNetCore.Http;

namespace Waystation.TestKit.Servers.Lfs;

/// <summary>Passes requests that are not LFS on to the web server behind, streamed both ways.</summary>
internal sealed class GitPassage(Uri server) : IDisposable
{
    private static readonly string[] s_hop = ["Connection", "Transfer-Encoding", "Keep-Alive", "Host", "Expect"];

    private readonly HttpMessageInvoker _client = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
        }
    );

    public async Task PassAsync(HttpContext context)
    {
        HttpRequest asked = context.Request;
        using var request = new HttpRequestMessage(new HttpMethod(asked.Method), new Uri(server, asked.Path + asked.QueryString.Value));
        if (asked.ContentLength is > 0 || asked.Headers.ContainsKey("Transfer-Encoding"))
        {
            request.Content = new StreamContent(asked.Body);
        }

        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in asked.Headers)
        {
            if (
                !s_hop.Contains(name, StringComparer.OrdinalIgnoreCase)
                && !request.Headers.TryAddWithoutValidation(name, (string?[])values!)
            )
            {
                request.Content?.Headers.TryAddWithoutValidation(name, (string?[])values!);
            }
        }

        using HttpResponseMessage response = await _client.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach ((string name, IEnumerable<string> values) in response.Headers.Concat(response.Content.Headers))
        {
            if (!s_hop.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                context.Response.Headers[name] = values.ToArray();
            }
        }

        await using Stream body = await response.Content.ReadAsStreamAsync(context.RequestAborted);
        byte[] buffer = new byte[64 * 1024];
        int read;
        while ((read = await body.ReadAsync(buffer, context.RequestAborted)) > 0)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }

    public void Dispose() => _client.Dispose();
}
