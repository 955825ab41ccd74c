using System.Security.Cryptography;
using Waystation.Proxy.Dashboard.Sessions;

namespace Waystation.Proxy.Dashboard.Assets;

/// <summary>A file of the dashboard, out of the program itself.</summary>
internal sealed class Asset
{
    private readonly byte[] _content;
    private readonly string _type;
    private readonly string _tag;

    private Asset(string path, string file, string type)
    {
        (Path, _type) = (path, type);
        using Stream stream =
            typeof(Asset).Assembly.GetManifestResourceStream($"dashboard/{file}")
            ?? throw new InvalidOperationException($"the program was built without {file}");
        _content = new byte[stream.Length];
        stream.ReadExactly(_content);
        _tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(_content))[..16]}\"";
    }

    /// <summary>All files. They hold nothing of the node, so they need no session.</summary>
    public static IReadOnlyList<Asset> All { get; } =
    [
        new("/dashboard/style.css", "style.css", "text/css; charset=utf-8"),
        new("/dashboard/live.js", "live.js", "text/javascript; charset=utf-8"),
        new("/dashboard/icon.svg", "icon.svg", "image/svg+xml"),
    ];

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>Writes it. The browser asks each time, and hears that it has the file already.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        PagePolicy.Set(context.Response);
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.ETag = _tag;
        if (context.Request.Headers.IfNoneMatch == _tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        context.Response.ContentType = _type;
        context.Response.ContentLength = _content.Length;
        await context.Response.Body.WriteAsync(_content, context.RequestAborted);
    }
}
