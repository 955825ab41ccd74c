using System.CommandLine;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Waystation.FetchCore.Observing;
using Waystation.Proxy.Admin;
using Waystation.Proxy.Admin.Pages;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation tail</c>.</summary>
internal static class TailCommand
{
    private const int UsualCount = 10;

    private static readonly Option<string?> s_repository = new("--repository")
    {
        Description = "Only of this repository: HOST/PATH, or PATH where the node has one primary.",
        HelpName = "REPO",
    };

    private static readonly Option<string[]> s_outcomes = new("--outcome")
    {
        Description = "Only those served in this way. The option may be given again.",
        HelpName = "OUTCOME",
    };

    private static readonly Option<int> s_last = new("--last")
    {
        Description = "How many that ended before are shown first.",
        HelpName = "N",
        DefaultValueFactory = static _ => UsualCount,
    };

    private static readonly Option<int?> s_count = new("--count")
    {
        Description = "Ends after so many lines. Without it the command goes on until it is stopped.",
        HelpName = "N",
    };

    private static readonly Option<bool> s_begun = new("--begun") { Description = "Shows also when each begins." };

    public static Command Create()
    {
        s_outcomes.AcceptOnlyFromAmong([.. Enum.GetValues<FetchOutcome>().Select(FetchWords.ToWord)]);
        var command = new Command("tail", "Shows live how each clone, fetch and download of an LFS object was served, and why.")
        {
            s_repository,
            s_outcomes,
            s_begun,
            s_last,
            s_count,
        };
        var options = new NodeOptionSet(command);
        command.SetAction(
            (parsed, cancellationToken) =>
                options.RunAsync(parsed, client => FollowAsync(client, parsed, cancellationToken), cancellationToken)
        );
        return command;
    }

    private static async Task FollowAsync(AdminClient client, ParseResult parsed, CancellationToken cancellationToken)
    {
        bool withBegun = parsed.GetValue(s_begun);
        int left = parsed.GetValue(s_count) ?? int.MaxValue;
        await foreach (SseItem<string> item in client.FollowAsync(PageOf(parsed), cancellationToken))
        {
            if (item.EventType == LiveNews.BeatType || (item.EventType == LiveNews.BegunType && !withBegun))
            {
                continue;
            }

            await Console.Out.WriteLineAsync(client.IsJson ? item.Data : Line(AdminClient.Read<LiveNews>(item.Data)));
            await Console.Out.FlushAsync(cancellationToken);
            if (item.EventType != LiveNews.MissedType && --left <= 0)
            {
                return;
            }
        }

        throw new AdminException("the node has stopped, or ended the stream");
    }

    private static string Line(LiveNews news) =>
        news switch
        {
            { Begun: { } begun } => FetchLine.Of(begun),
            { Ended: { } ended } => FetchLine.Of(ended),
            { Missed: { } missed } => string.Create(
                CultureInfo.InvariantCulture,
                $"waystation: {missed} events were lost here, because they were read too slowly"
            ),
            _ => throw new JsonException(),
        };

    private static string PageOf(ParseResult parsed)
    {
        string page = string.Create(CultureInfo.InvariantCulture, $"{AdminRoutes.Api}{LivePage.Events}?last={parsed.GetValue(s_last)}");
        page += parsed.GetValue(s_repository) is { } repository ? $"&repo={Uri.EscapeDataString(repository)}" : "";
        return parsed.GetValue(s_outcomes) is { Length: > 0 } outcomes ? $"{page}&outcome={string.Join(',', outcomes)}" : page;
    }
}
