using System.CommandLine;
using System.Globalization;
using Waystation.FetchCore.Observing;
using Waystation.Proxy.Admin;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation fetches</c>.</summary>
internal static class FetchesCommand
{
    private const int UsualCount = 20;

    public static Command Create()
    {
        var repository = new Option<string?>("--repository")
        {
            Description = "Only of this repository: HOST/PATH, or PATH where the node has one primary.",
            HelpName = "REPO",
        };
        var last = new Option<int>("--last")
        {
            Description = $"How many at most. The node remembers the last {RecentFetches.Most}.",
            HelpName = "N",
            DefaultValueFactory = static _ => UsualCount,
        };
        var command = new Command("fetches", "Lists the latest clones, fetches and downloads of LFS objects, the newest first.")
        {
            repository,
            last,
        };
        var options = new NodeOptionSet(command);
        command.SetAction(
            (parsed, cancellationToken) =>
                options.RunAsync(
                    parsed,
                    client =>
                        client.PrintAsync<FetchStatus[]>(
                            HttpMethod.Get,
                            PageOf(parsed.GetValue(repository), parsed.GetRequiredValue(last)),
                            null,
                            static all => string.Join('\n', all.Select(Format)),
                            cancellationToken
                        ),
                    cancellationToken
                )
        );
        return command;
    }

    private static string PageOf(string? repository, int last)
    {
        string page = string.Create(CultureInfo.InvariantCulture, $"{AdminRoutes.Api}{FetchesPage.Path}?last={last}");
        return repository is null ? page : $"{page}&repo={Uri.EscapeDataString(repository)}";
    }

    private static string Format(FetchStatus fetch)
    {
        string why = (fetch.Reason ?? fetch.Peer) is { } note ? $" ({note})" : "";
        string from =
            fetch.From is { } node ? $" for {node}"
            : fetch.Address is { } address ? $" {address}"
            : "";
        string end =
            fetch.End == FetchEnd.Whole.ToWord() ? "" : $"  {fetch.End}{(fetch.Trouble is null ? "" : $": {fetch.Trouble.TrimEnd()}")}";
        FetchMilliseconds took = fetch.Milliseconds;
        string phases = string.Create(
            CultureInfo.InvariantCulture,
            $"parse {took.Parse:0}, access {took.Access:0}, turn {took.Turn:0}, first byte {took.FirstByte:0}, send {took.Send:0}"
        );
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{fetch.Started:u}  {(fetch.Outcome ?? "-") + why, -8} {fetch.Repo}  {fetch.Door}{from} {fetch.Credential}  {Asked(fetch)}  "
                + $"{ByteSize.Format(fetch.Bytes)} in {took.Total:0} ms ({phases}){end}"
        );
    }

    private static string Asked(FetchStatus fetch)
    {
        if (fetch.Lfs is { } lfs)
        {
            return lfs.Count == lfs.Size ? "lfs object" : $"lfs object, {ByteSize.Format(lfs.Count)} of {ByteSize.Format(lfs.Size)}";
        }

        string version = fetch.ProtocolVersion is { } spoken ? string.Create(CultureInfo.InvariantCulture, $"v{spoken} ") : "";
        if (fetch.Asked is not { } asked)
        {
            return version + "not understood";
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
            $"{version}{(asked.IsClone ? "clone" : "fetch")}{depth}{(asked.Filter is null ? "" : $" {asked.Filter}")}, "
                + $"{asked.Wants} wants, {asked.Haves} haves"
        );
    }
}
