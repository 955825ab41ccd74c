using System.Globalization;
using Waystation.FetchCore.Observing;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Commands;

/// <summary>One fetch in one line, for a person.</summary>
internal static class FetchLine
{
    /// <summary>The line of a fetch that ended.</summary>
    public static string Of(FetchStatus fetch)
    {
        string why = (fetch.Reason ?? fetch.Peer ?? fetch.Miss) is { } note ? $" ({note})" : "";
        string end =
            fetch.End == FetchEnd.Whole.ToWord() ? "" : $"  {fetch.End}{(fetch.Trouble is null ? "" : $": {fetch.Trouble.TrimEnd()}")}";
        FetchMilliseconds took = fetch.Milliseconds;
        string phases = string.Create(
            CultureInfo.InvariantCulture,
            $"parse {took.Parse:0}, access {took.Access:0}, turn {took.Turn:0}, first byte {took.FirstByte:0}, send {took.Send:0}"
        );
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{fetch.Started:u}  {(fetch.Outcome ?? "-") + why, -8} {fetch.Repo}  {fetch.Door}{From(fetch.From, fetch.Address)} "
                + $"{fetch.Credential}  {Asked(fetch.ProtocolVersion, fetch.Asked, fetch.Lfs)}  "
                + $"{ByteSize.Format(fetch.Bytes)} in {took.Total:0} ms ({phases}){end}"
        );
    }

    /// <summary>The line of a fetch that began.</summary>
    public static string Of(LiveStatus fetch) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{fetch.Started:u}  {LiveNews.BegunType, -8} {fetch.Repo}  {fetch.Door}{From(fetch.From, fetch.Address)} "
                + $"{fetch.Credential}  {Asked(fetch.ProtocolVersion, fetch.Asked, fetch.Lfs)}"
        );

    private static string From(string? node, string? address) =>
        node is not null ? $" for {node}"
        : address is not null ? $" {address}"
        : "";

    private static string Asked(int? version, AskedFetch? fetch, AskedLfs? download)
    {
        if (download is { } lfs)
        {
            return lfs.Count == lfs.Size ? "lfs object" : $"lfs object, {ByteSize.Format(lfs.Count)} of {ByteSize.Format(lfs.Size)}";
        }

        string spokenVersion = version is { } spoken ? string.Create(CultureInfo.InvariantCulture, $"v{spoken} ") : "";
        if (fetch is not { } asked)
        {
            return spokenVersion + "not understood";
        }

        if (asked.IsSnapshot)
        {
            return "snapshot";
        }

        string depth = asked switch
        {
            { Depth: int.MaxValue } => " unshallow",
            { Depth: { } commits } => string.Create(CultureInfo.InvariantCulture, $" depth {commits}"),
            { DeepenSince: { } since } => string.Create(
                CultureInfo.InvariantCulture,
                $" since {DateTimeOffset.FromUnixTimeSeconds(since):u}"
            ),
            _ => "",
        };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{spokenVersion}{(asked.IsClone ? "clone" : "fetch")}{depth}{(asked.Filter is null ? "" : $" {asked.Filter}")}, "
                + $"{asked.Wants} wants, {asked.Haves} haves"
        );
    }
}
