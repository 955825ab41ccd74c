namespace Waystation.SshFrontend.Primaries;

/// <summary>The texts of ERR packets.</summary>
internal static class ErrorLines
{
    private static readonly string[] s_refusals =
        ["not found", "denied", "not exported", "does not exist", "does not appear to be a git repository", "unauthorized", "forbidden", "not allowed", "no access"];

    /// <summary>Whether the text says that there is no such repository for this user, as servers word it.</summary>
    public static bool IsRefusal(string text) => Array.Exists(s_refusals, word => text.Contains(word, StringComparison.OrdinalIgnoreCase));
}
