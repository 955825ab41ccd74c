namespace Waystation.FetchCore.Observing;

/// <summary>Turns the values of records into the words of metrics, pages and <c>Cache-Status</c>.</summary>
public static class FetchWords
{
    /// <summary>The reason in the form of a token: <c>NotVisible</c> is <c>not-visible</c>.</summary>
    public static string ToWord(this ForwardReason reason) => ToWord(reason.ToString());

    /// <summary>The end in the form of a token: <c>ClientGone</c> is <c>client-gone</c>.</summary>
    public static string ToWord(this FetchEnd end) => ToWord(end.ToString());

    /// <summary>The outcome in the form of a token.</summary>
    public static string ToWord(this FetchOutcome outcome) => ToWord(outcome.ToString());

    /// <summary>The reason in the form of a token: <c>NoMirror</c> is <c>no-mirror</c>.</summary>
    public static string ToWord(this MissReason reason) => ToWord(reason.ToString());

    /// <summary>The reason in the form of a token: <c>HiddenRefs</c> is <c>hidden-refs</c>.</summary>
    public static string ToWord(this SnapshotRefusal reason) => ToWord(reason.ToString());

    /// <summary>The phase in the form of a token.</summary>
    public static string ToWord(this FetchPhase phase) => ToWord(phase.ToString());

    /// <summary>The kind of work in the form of a token.</summary>
    public static string ToWord(this WorkKind kind) => ToWord(kind.ToString());

    private static string ToWord(string name) =>
        string.Concat(name.Select(static (c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString()));
}
