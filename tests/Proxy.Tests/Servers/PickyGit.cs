using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Servers;

/// <summary>
/// A primary like Azure DevOps: version 0 only, few capabilities, and strict about them. A request without multi_ack or its longer kin,
/// with a word that was not advertised, or in another version gets 400; a wrong password gets 203 and a page to log in.
/// </summary>
/// <param name="capabilities">The advertised capabilities.</param>
public sealed class PickyGit(string capabilities) : IDisposable
{
    private readonly string[] _words = capabilities.Split(' ');

    private readonly TempFolder _folder = new();
    private readonly ConcurrentQueue<string> _refused = new();
    private int _packs;

    /// <summary>The repository at the primary, bare.</summary>
    public string Folder => _folder["repository"];

    /// <summary>The requests that this primary does not accept.</summary>
    public IReadOnlyCollection<string> Refused => _refused;

    /// <summary>Answers to a request that says done.</summary>
    public int Packs => _packs;

    public async Task CreateAsync(History history)
    {
        await new Command("git", "init", "--quiet", "--bare", "--initial-branch=main", Folder).MustRunAsync();
        await ImportAsync(history.WriteAsync);
    }

    /// <summary>Commits at the primary itself; returns the new tip.</summary>
    public async Task<string> CommitAsync(string branch = "main")
    {
        await ImportAsync(stream => History.WriteCommitOnTopAsync(stream, branch, "News\n", "news.txt", Guid.NewGuid().ToString()));
        return await ReadAsync("rev-parse", "refs/heads/" + branch);
    }

    /// <summary>Runs git at the primary and returns its output.</summary>
    public async Task<string> ReadAsync(params IReadOnlyList<string> arguments) =>
        (await new Command("git", ["-C", Folder, .. arguments]).MustRunAsync()).Output.Trim();

    public async Task HandleAsync(HttpContext context)
    {
        string? login = context.Request.Headers.Authorization;
        if (
            login is null
            || !Encoding.ASCII.GetString(Convert.FromBase64String(login["Basic ".Length..])).EndsWith(":right", StringComparison.Ordinal)
        )
        {
            context.Response.StatusCode = login is null ? 401 : 203;
            context.Response.Headers.WWWAuthenticate = login is null ? "Basic realm=\"picky\"" : default;
            context.Response.ContentType = "text/html; charset=utf-8";
            await context.Response.WriteAsync("<html><title>Sign In</title></html>");
            return;
        }

        if (context.Request.Path.Value!.EndsWith("/info/refs", StringComparison.Ordinal))
        {
            context.Response.ContentType = "application/x-git-upload-pack-advertisement";
            await context.Response.Body.WriteAsync("001e# service=git-upload-pack\n0000"u8.ToArray());
            await context.Response.Body.WriteAsync(Advertise(await UploadPackAsync([], "--advertise-refs")));
            return;
        }

        byte[] body = await ReadBodyAsync(context.Request);
        if (WhatIsWrong(body) is { } wrong)
        {
            _refused.Enqueue(wrong);
            context.Response.StatusCode = 400;
            return;
        }

        if (Encoding.ASCII.GetString(body).Contains("0009done", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _packs);
        }

        context.Response.ContentType = "application/x-git-upload-pack-result";
        await context.Response.Body.WriteAsync(await UploadPackAsync(body));
    }

    public void Dispose() => _folder.Dispose();

    private string? WhatIsWrong(byte[] body)
    {
        string text = Encoding.Latin1.GetString(body);
        if (text.Length < 4 || !text[4..].StartsWith("want ", StringComparison.Ordinal))
        {
            return text.Length > 60 ? text[..60] : text;
        }

        string line = text[4..int.Parse(text[..4], NumberStyles.HexNumber, CultureInfo.InvariantCulture)].TrimEnd('\n');
        string[] words = line[45..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Any(static word => word is "multi_ack" or "multi_ack_detailed") && words.All(_words.Contains) ? null : line;
    }

    private static async Task<byte[]> ReadBodyAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await (
            request.Headers.ContentEncoding == "gzip" ? new GZipStream(request.Body, CompressionMode.Decompress) : request.Body
        ).CopyToAsync(body);
        return body.ToArray();
    }

    /// <summary>The advertisement with these capabilities in the place of git's.</summary>
    private byte[] Advertise(byte[] advertisement)
    {
        string text = Encoding.Latin1.GetString(advertisement);
        int length = int.Parse(text[..4], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        string first = $"{text[4..text.IndexOf('\0', StringComparison.Ordinal)]}\0 {capabilities}\n";
        return Encoding.Latin1.GetBytes($"{(first.Length + 4).ToString("x4", CultureInfo.InvariantCulture)}{first}{text[length..]}");
    }

    private async Task<byte[]> UploadPackAsync(byte[] input, params IReadOnlyList<string> options)
    {
        using Process git = new Command("git", ["upload-pack", "--stateless-rpc", .. options, Folder]).Start();
        Task<string> error = git.StandardError.ReadToEndAsync();
        using var output = new MemoryStream();
        Task copied = git.StandardOutput.BaseStream.CopyToAsync(output);
        await git.StandardInput.BaseStream.WriteAsync(input);
        git.StandardInput.Close();
        await copied;
        await error;
        await git.WaitForExitAsync();
        return output.ToArray();
    }

    private async Task ImportAsync(Func<Stream, Task> write) =>
        await (new Command("git", "-C", Folder, "fast-import", "--quiet", "--done", "--force") { Input = write }).MustRunAsync();
}
