namespace Waystation.FetchCore.Primaries.Errors;

/// <summary>
/// Reads the texts of ERR packets. Servers word their refusals as they like, so an unknown text counts as a refusal. A wrong guess in this
/// direction costs a question; in the other direction it would leak objects.
/// </summary>
public static class ErrorLines
{
    private static readonly string[] s_refusals =
    [
        "not found",
        "denied",
        "not exported",
        "does not exist",
        "does not appear to be a git repository",
        "unauthorized",
        "forbidden",
        "not allowed",
        "no access",
    ];

    /// <summary>The messages of git's upload-pack and of JGit's for a want that they do not give.</summary>
    private static readonly string[] s_badRequests = ["upload-pack: not our ref", "unknown ref refs/", " not valid"];

    private static readonly string[] s_busy =
    [
        "busy",
        "try again",
        "overload",
        "too many",
        "rate limit",
        "temporar",
        "timed out",
        "timeout",
        "unavailable",
        "maintenance",
    ];

    /// <summary>The meaning of such a text for the credential that asked.</summary>
    public static ErrorMeaning MeaningOf(string text) =>
        Has(text, s_refusals) ? ErrorMeaning.Refusal
        : Has(text, s_badRequests) ? ErrorMeaning.BadRequest
        : Has(text, s_busy) ? ErrorMeaning.Busy
        : ErrorMeaning.Refusal;

    private static bool Has(string text, string[] words) =>
        Array.Exists(words, word => text.Contains(word, StringComparison.OrdinalIgnoreCase));
}
