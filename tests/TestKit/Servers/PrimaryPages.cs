namespace Waystation.TestKit.Servers;

/// <summary>What a primary has beside plain repositories: web pages, a small API, an upload, a page that comes slowly, refs hidden by
/// user.</summary>
internal static class PrimaryPages
{
    public static async Task WriteAsync(TempFolder folder, string execPath)
    {
        folder.CreateFolder("pages");
        folder.CreateFolder("scripts");
        await File.WriteAllTextAsync(
            folder["pages/index.html"],
            "<!doctype html>\n<title>Forge</title>\n<p>Ordinary page of the primary, with ünïcode.\n"
        );
        await WriteScriptAsync(
            folder,
            "echo",
            """
            # Says what came: the request line, some headers, and the body as it is.
            printf 'Content-Type: application/octet-stream\r\nX-Api: echo\r\n\r\n'
            printf '%s %s?%s\n' "$REQUEST_METHOD" "$PATH_INFO" "$QUERY_STRING"
            printf 'content-type=%s cookie=%s custom=%s expect=%s\n' "$CONTENT_TYPE" "$HTTP_COOKIE" "$HTTP_X_CUSTOM" "$HTTP_EXPECT"
            cat
            """
        );
        await WriteScriptAsync(
            folder,
            "drip",
            $$"""
            # One line at once, the next when the test has seen the first.
            printf 'Content-Type: text/plain\r\n\r\nfirst\n'
            while [ ! -e '{{folder["drip.open"]}}' ]; do sleep 0.02; done
            printf 'second\n'
            """
        );
        await WriteScriptAsync(
            folder,
            "sink",
            """
            # Takes everything and tells its digest.
            printf 'Content-Type: text/plain\r\n\r\n'
            sha256sum | cut -d' ' -f1
            """
        );
        string requests = folder.CreateSharedFolder("requests");
        await WriteScriptAsync(
            folder,
            "by-user",
            $$"""
            # git http-backend that shows refs called secret to alice alone.
            if [ "$REMOTE_USER" != alice ]; then
                export GIT_CONFIG_COUNT=2
                export GIT_CONFIG_KEY_0=transfer.hideRefs GIT_CONFIG_VALUE_0=refs/heads/secret
                export GIT_CONFIG_KEY_1=transfer.hideRefs GIT_CONFIG_VALUE_1=refs/tags/secret
            fi
            # Below /strict/ in protocol v0, which gives no commit by its id but those that what it shows leads to; that git itself
            # does not look so closely at trees, blobs and tags is made up for here.
            case $REQUEST_METHOD$PATH_INFO in
            ???/strict/*) unset HTTP_GIT_PROTOCOL ;;
            POST/strict/*/git-upload-pack)
                unset HTTP_GIT_PROTOCOL
                body=$(mktemp '{{requests}}/XXXXXX')
                trap 'rm -f "$body"' EXIT
                cat >"$body"
                for id in $({ [ "$HTTP_CONTENT_ENCODING" = gzip ] && gunzip <"$body" || cat "$body"; } |
                grep -aoE 'want [0-9a-f]{40,64}' | cut -d' ' -f2); do
                    here=$GIT_PROJECT_ROOT${PATH_INFO%/git-upload-pack}
                    [ "$(git -C "$here" cat-file -t "$id" 2>/dev/null)" != commit ] || continue
                    git upload-pack --stateless-rpc --advertise-refs "$here" | grep -qa "^....$id" && continue
                    said="ERR upload-pack: not our ref $id"
                    printf 'Content-Type: application/x-git-upload-pack-result\r\nCache-Control: no-cache\r\n\r\n%04x%s' \
                $((${#said} + 4)) "$said"
                    exit 0
                done
                '{{execPath}}/git-http-backend' <"$body"
                exit
                ;;
            esac
            exec '{{execPath}}/git-http-backend'
            """
        );
        await WriteScriptAsync(
            folder,
            "answer",
            """
            # Answers with the status that the query names.
            printf 'Status: %s\r\nContent-Type: application/problem+json\r\nX-Api: answer\r\nRetry-After: 7\r\n\r\n{"status":%s}' \
                "$QUERY_STRING" "${QUERY_STRING%% *}"
            """
        );
    }

    private static async Task WriteScriptAsync(TempFolder folder, string name, string body)
    {
        string file = Path.Combine(folder["scripts"], name);
        await File.WriteAllTextAsync(file, "#!/bin/sh\n" + body + "\n");
        File.SetUnixFileMode(file, (UnixFileMode)0b111_101_101);
    }
}
