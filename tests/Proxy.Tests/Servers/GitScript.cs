using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Waystation.TestKit.Wire;

namespace Waystation.Proxy.Tests.Servers;

/// <summary>A primary Git server of one repository with one branch, by hand, in protocol v2.</summary>
public sealed class GitScript
{
    public const string Tip = "1111111111111111111111111111111111111111";
    public const string Hidden = "2222222222222222222222222222222222222222";

    private int _infoRefs;
    private int _lsRefs;
    private int _fetches;

    /// <summary>A status other than 200 refuses everything.</summary>
    public int Status { get; set; } = 200;

    /// <summary>Said of every answer, though the bytes are plain.</summary>
    public string? Coding { get; set; }

    /// <summary>The response to an <c>ls-refs</c> of this body; null for the one branch.</summary>
    public Func<string, string[]?> Refs { get; set; } = static _ => null;

    /// <summary>Its capabilities of a fetch.</summary>
    public string Features { get; set; } = "shallow filter";

    /// <summary>The response to a fetch; null for the pack.</summary>
    public byte[]? Response { get; set; }

    /// <summary>The response to every request instead; null for none.</summary>
    public Func<HttpContext, Task>? Instead { get; set; }

    /// <summary>Writes the bytes after the "packfile" line.</summary>
    public Func<HttpContext, Task> Pack { get; set; } = WholePackAsync;

    public int InfoRefs => _infoRefs;

    public int LsRefs => _lsRefs;

    public int Fetches => _fetches;

    public static byte[] PackBytes { get; } = MakePack();

    public static async Task WholePackAsync(HttpContext context)
    {
        await context.Response.Body.WriteAsync(Band(1, PackBytes));
        await context.Response.Body.WriteAsync("0000"u8.ToArray());
    }

    public static byte[] Band(byte band, ReadOnlySpan<byte> payload) =>
        [.. System.Text.Encoding.ASCII.GetBytes((payload.Length + 5).ToString("x4")), band, .. payload];

    public async Task HandleAsync(HttpContext context)
    {
        if (Instead is { } instead)
        {
            await instead(context);
            return;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        string text = System.Text.Encoding.Latin1.GetString(body.ToArray());
        context.Response.StatusCode = Status;
        if (Coding is not null)
        {
            context.Response.Headers.ContentEncoding = Coding;
        }

        if (context.Request.Path.Value!.EndsWith("/info/refs", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _infoRefs);
            context.Response.ContentType = "application/x-git-upload-pack-advertisement";
            await context.Response.Body.WriteAsync(
                Lines.ToBytes(
                    "# service=git-upload-pack",
                    "0000",
                    "version 2",
                    "agent=script/1",
                    "ls-refs=unborn",
                    $"fetch={Features}",
                    "object-format=sha1",
                    "0000"
                )
            );
            return;
        }

        context.Response.ContentType = "application/x-git-upload-pack-result";
        if (text.Contains("command=ls-refs", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _lsRefs);
            string[] refs = Refs(text) ?? [$"{Tip} HEAD symref-target:refs/heads/main", $"{Tip} refs/heads/main", "0000"];
            await context.Response.Body.WriteAsync(Lines.ToBytes(refs));
            return;
        }

        Interlocked.Increment(ref _fetches);
        if (Response is { } response)
        {
            await context.Response.Body.WriteAsync(response);
            return;
        }

        await context.Response.Body.WriteAsync(Lines.ToBytes("packfile"));
        await Pack(context);
    }

    [SuppressMessage("Security", "CA5350", Justification = "The trailer of a SHA-1 repository's pack is SHA-1.")]
    private static byte[] MakePack()
    {
        byte[] content = [.. "PACK\0\0\0\u0002\0\0\0\u0001"u8, .. new byte[500]];
        return [.. content, .. SHA1.HashData(content)];
    }
}
