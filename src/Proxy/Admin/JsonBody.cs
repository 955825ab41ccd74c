using System.Text.Json;

namespace Waystation.Proxy.Admin;

/// <summary>
/// Reads the body of an action. JSON is demanded because a page in a browser may send a form to any address, but JSON only with
/// permission.
/// </summary>
internal static class JsonBody
{
    /// <summary>The body; null if it is no such JSON.</summary>
    public static async Task<T?> ReadAsync<T>(HttpContext context)
        where T : class
    {
        try
        {
            return await context.Request.ReadFromJsonAsync<T>(context.RequestAborted);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second is a charset that does not exist.
            return null;
        }
    }
}
