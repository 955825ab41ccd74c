namespace Waystation.TestKit.Servers;

/// <summary>What a primary has beside repositories: web pages, a small API, an upload and a page that comes slowly.</summary>
internal static class PrimaryPages
{
    public static async Task WriteAsync(TempFolder folder)
    {
        folder.CreateFolder("pages");
        folder.CreateFolder("scripts");
        await File.WriteAllTextAsync(folder["pages/index.html"], "<!doctype html>\n<title>Forge</title>\n<p>Ordinary page of the primary, with ünïcode.\n");
        await WriteScriptAsync(folder, "echo", """
            # Says what came: the request line, some headers, and the body as it is.
            printf 'Content-Type: application/octet-stream\r\nX-Api: echo\r\n\r\n'
            printf '%s %s?%s\n' "$REQUEST_METHOD" "$PATH_INFO" "$QUERY_STRING"
            printf 'content-type=%s cookie=%s custom=%s expect=%s\n' "$CONTENT_TYPE" "$HTTP_COOKIE" "$HTTP_X_CUSTOM" "$HTTP_EXPECT"
            cat
            """);
        await WriteScriptAsync(folder, "drip", $$"""
            # One line at once, the next when the test has seen the first.
            printf 'Content-Type: text/plain\r\n\r\nfirst\n'
            while [ ! -e '{{folder["drip.open"]}}' ]; do sleep 0.02; done
            printf 'second\n'
            """);
        await WriteScriptAsync(folder, "sink", """
            # Takes everything and tells its digest.
            printf 'Content-Type: text/plain\r\n\r\n'
            sha256sum | cut -d' ' -f1
            """);
        await WriteScriptAsync(folder, "answer", """
            # Answers with the status that the query names.
            printf 'Status: %s\r\nContent-Type: application/problem+json\r\nX-Api: answer\r\nRetry-After: 7\r\n\r\n{"status":%s}' "$QUERY_STRING" "${QUERY_STRING%% *}"
            """);
    }

    private static async Task WriteScriptAsync(TempFolder folder, string name, string body)
    {
        string file = Path.Combine(folder["scripts"], name);
        await File.WriteAllTextAsync(file, "#!/bin/sh\n" + body + "\n");
        File.SetUnixFileMode(file, (UnixFileMode)0b111_101_101);
    }
}
