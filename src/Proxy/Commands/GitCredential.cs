using System.ComponentModel;
using System.Diagnostics;

namespace Waystation.Proxy.Commands;

/// <summary>Asks git for the login that it would use for a URL (<c>git credential fill</c>). The login is in no argument.</summary>
internal static class GitCredential
{
    /// <summary>The login; null if git knows none.</summary>
    public static async Task<(string User, string Password)?> FillAsync(Uri url, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("git", ["credential", "fill"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        if (Console.IsInputRedirected)
        {
            start.Environment["GIT_TERMINAL_PROMPT"] = "0";
            start.Environment["GIT_ASKPASS"] = "true";
            start.Environment["SSH_ASKPASS"] = "true";
        }

        try
        {
            using Process git = Process.Start(start) ?? throw new Win32Exception();
            await git.StandardInput.WriteAsync(
                $"protocol={url.Scheme}\nhost={url.Authority}\npath={url.AbsolutePath.TrimStart('/')}\n\n".AsMemory(),
                cancellationToken
            );
            git.StandardInput.Close();
            string answer = await git.StandardOutput.ReadToEndAsync(cancellationToken);
            await git.WaitForExitAsync(cancellationToken);
            return git.ExitCode == 0 && Find(answer, "username") is { } user && Find(answer, "password") is { Length: > 0 } password
                ? (user, password)
                : null;
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            return null;
        }
    }

    private static string? Find(string answer, string name) =>
        answer.Split('\n').FirstOrDefault(line => line.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];
}
