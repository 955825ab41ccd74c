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
                            static all => string.Join('\n', all.Select(FetchLine.Of)),
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
}
