namespace Waystation.FetchCore.Observing;

/// <summary>Reasons as metrics, logs and <c>Cache-Status</c> name them.</summary>
public static class ForwardReasonWords
{
    /// <summary>The reason in the form of a token: <c>NotVisible</c> is <c>not-visible</c>.</summary>
    public static string ToWord(this ForwardReason reason) =>
        string.Concat(
            reason.ToString().Select(static (c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString())
        );
}
