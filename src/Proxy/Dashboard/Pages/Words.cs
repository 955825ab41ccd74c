using System.Globalization;
using System.Text;
using Waystation.FetchCore.Observing;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Dashboard.Pages;

/// <summary>Numbers, times and names as people read them.</summary>
internal static class Words
{
    /// <summary>A whole number with commas.</summary>
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number of things: <c>1 fetch</c>, <c>2 fetches</c>.</summary>
    public static string Count(long number, string one, string many) => $"{Count(number)} {(number == 1 ? one : many)}";

    /// <summary>A size.</summary>
    public static string Bytes(long bytes) => ByteSize.Format(bytes);

    /// <summary>A share of 0 to 1.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(share * 1000) / 10:0.#} %");

    /// <summary>How long something took.</summary>
    public static string Span(TimeSpan span) =>
        span.TotalMilliseconds < 1000 ? Text($"{Math.Max(0, span.TotalMilliseconds):0} ms")
        : span.TotalSeconds < 10 ? Text($"{span.TotalSeconds:0.0} s")
        : span.TotalSeconds < 90 ? Text($"{span.TotalSeconds:0} s")
        : span.TotalMinutes < 90 ? Text($"{span.TotalMinutes:0} min")
        : span.TotalHours < 48 ? Text($"{span.TotalHours:0} h")
        : Text($"{span.TotalDays:0} days");

    /// <summary>A time before or after now.</summary>
    public static string Ago(DateTimeOffset time, DateTimeOffset now)
    {
        TimeSpan since = now - time;
        return since.Duration() < TimeSpan.FromSeconds(5) ? "just now"
            : since > TimeSpan.Zero ? $"{Whole(since)} ago"
            : $"in {Whole(-since)}";
    }

    /// <summary>The exact time.</summary>
    public static string Exact(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>The time of day.</summary>
    public static string Clock(DateTimeOffset time) => time.UtcDateTime.ToString("HH:mm", CultureInfo.InvariantCulture);

    /// <summary>The time of day with seconds.</summary>
    public static string Seconds(DateTimeOffset time) => time.UtcDateTime.ToString("HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>
    /// A name or a text of others. Characters that are not seen, or that turn the direction of what follows, are written as
    /// <c>\u202e</c>, as in the log.
    /// </summary>
    public static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            bool isSeen =
                !char.IsControl(c)
                && char.GetUnicodeCategory(c)
                    is not (
                        UnicodeCategory.Format
                        or UnicodeCategory.LineSeparator
                        or UnicodeCategory.ParagraphSeparator
                        or UnicodeCategory.Surrogate
                        or UnicodeCategory.PrivateUse
                        or UnicodeCategory.OtherNotAssigned
                    );
            _ = isSeen || char.IsSurrogate(c) ? plain.Append(c) : plain.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return plain.ToString();
    }

    /// <summary>How a fetch was served, in a word.</summary>
    public static string Of(FetchOutcome outcome) => outcome.ToWord();

    /// <summary>How a fetch was served, in a sentence.</summary>
    public static string About(FetchOutcome outcome) =>
        outcome switch
        {
            FetchOutcome.Hit => "the node had the pack",
            FetchOutcome.Join => "the pack was being made for another client",
            FetchOutcome.Local => "git made the pack on the node, from the mirror",
            FetchOutcome.Peer => "another node of the farm had the pack",
            FetchOutcome.Forward => "the primary made the pack, and the node kept a copy",
            _ => "the primary answered, and nothing was kept",
        };

    /// <summary>How a fetch ended.</summary>
    public static string Of(FetchEnd end) =>
        end switch
        {
            FetchEnd.Whole => "whole",
            FetchEnd.Round => "asks again",
            FetchEnd.ErrorTold => "error told",
            FetchEnd.Broken => "broke off",
            FetchEnd.ClientGone => "client left",
            FetchEnd.Busy => "told to wait",
            FetchEnd.Refused => "refused",
            _ => "no primary",
        };

    /// <summary>The phase of a fetch under way.</summary>
    public static string Of(FetchPhase phase) =>
        phase switch
        {
            FetchPhase.Access => "access",
            FetchPhase.Turn => "waits its turn",
            FetchPhase.FirstByte => "first byte",
            _ => "send",
        };

    /// <summary>What was asked for.</summary>
    public static string Asked(AskedFetch? fetch, AskedLfs? lfs) =>
        lfs is not null ? $"LFS object, {Bytes(lfs.Size)}"
        : fetch is null ? "not read"
        : fetch.IsSnapshot ? "snapshot"
        : (fetch.IsClone ? "clone" : "fetch")
            + (fetch.Depth is { } depth && depth != int.MaxValue ? $", depth {Count(depth)}" : "")
            + (fetch.DeepenSince is not null ? ", since a date" : "")
            + (fetch.Filter is { } filter ? $", {Plain(filter)}" : "");

    private static string Whole(TimeSpan span) =>
        span.TotalSeconds < 60 ? Text($"{Math.Floor(span.TotalSeconds / 5) * 5:0} s")
        : span.TotalMinutes < 60 ? Text($"{Math.Floor(span.TotalMinutes):0} min")
        : span.TotalHours < 48 ? Text($"{Math.Floor(span.TotalHours):0} h")
        : Text($"{Math.Floor(span.TotalDays):0} days");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
