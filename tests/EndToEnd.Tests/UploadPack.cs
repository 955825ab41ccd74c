using System.Globalization;
using System.Text;

namespace Waystation.EndToEnd.Tests;

/// <summary>Hand-made requests that git itself would never send.</summary>
internal static class UploadPack
{
    public const string RequestType = "application/x-git-upload-pack-request";

    public static string Line(string text) => (Encoding.UTF8.GetByteCount(text) + 4).ToString("x4", CultureInfo.InvariantCulture) + text;

    /// <summary>A v2 fetch of these objects by a client that has nothing.</summary>
    public static string Fetch(IEnumerable<string> wants, params IEnumerable<string> arguments) =>
        Line("command=fetch")
        + Line("agent=git/2.39.5")
        + Line("object-format=sha1")
        + "0001"
        + Line("thin-pack")
        + Line("no-progress")
        + Line("ofs-delta")
        + string.Concat(arguments.Select(Line))
        + string.Concat(wants.Select(want => Line($"want {want}\n")))
        + Line("done")
        + "0000";

    /// <summary>The same in v0, as libraries and old clients ask it.</summary>
    public static string FetchV0(string want, string capabilities = "multi_ack_detailed no-done side-band-64k") =>
        Line($"want {want} {capabilities} thin-pack no-progress ofs-delta agent=git/2.39.5\n") + "0000" + Line("done\n");

    public static string LsRefs() =>
        Line("command=ls-refs") + Line("agent=git/2.39.5") + Line("object-format=sha1") + "0001" + Line("peel") + Line("symrefs") + "0000";

    /// <summary>The bytes of a whole HTTP/1.1 request to a repository's upload-pack.</summary>
    public static byte[] Post(Uri repository, string body, params IEnumerable<string> headers) =>
        Post(repository.AbsolutePath, repository.Authority, body, headers);

    /// <summary>The same with a path that no URI class has touched.</summary>
    public static byte[] Post(string path, string host, string body, params IEnumerable<string> headers) =>
        Encoding.UTF8.GetBytes(
            $"POST {path}/git-upload-pack HTTP/1.1\r\nHost: {host}\r\nContent-Type: {RequestType}\r\n"
                + (body.Contains("command=", StringComparison.Ordinal) ? "Git-Protocol: version=2\r\n" : "")
                + string.Concat(headers.Select(header => header + "\r\n"))
                + $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n"
                + body
        );
}
