using System.CommandLine;
using System.Globalization;
using Waystation.FetchCore.Vet;
using Waystation.Proxy.Admin;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation vet</c>.</summary>
internal static class VetCommand
{
    public static Command Create()
    {
        var now = new Option<bool>("--now") { Description = "Compares every mirror with the primary now." };
        Option<bool> wait = WorkProgress.WaitOption();
        var command = new Command("vet", "Shows the results of the last rounds of the vet, or begins one.") { now, wait };
        var options = new NodeOptionSet(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(wait) && !result.GetValue(now))
            {
                result.AddError("--wait goes with --now");
            }
        });
        command.SetAction(
            (parsed, cancellationToken) =>
                options.RunAsync(
                    parsed,
                    client =>
                        parsed.GetValue(now)
                            ? WorkProgress.RunAsync(client, token => BeginAsync(client, token), parsed.GetValue(wait), cancellationToken)
                            : client.ListAsync<VetRound[]>(HttpMethod.Get, AdminRoutes.Api + VetPage.Path, null, ListOf, cancellationToken),
                    cancellationToken
                )
        );
        return command;
    }

    private static async Task<IReadOnlyList<QueuedWork>> BeginAsync(AdminClient client, CancellationToken cancellationToken)
    {
        (VetBegun begun, _) = await client.AskAsync<VetBegun>(
            HttpMethod.Post,
            AdminRoutes.Api + VetPage.Path,
            new object(),
            cancellationToken
        );
        return [.. begun.Repos.Select(static repo => new QueuedWork(repo, "vet"))];
    }

    private static Listing ListOf(VetRound[] rounds) =>
        new(["begun", "checked", "drifted", "mended", "failed", "scrubbed", "damaged", "failures"], [.. rounds.Select(Row)]);

    private static IReadOnlyList<string> Row(VetRound round) =>
        [
            round.Begun.ToString("u", CultureInfo.InvariantCulture),
            Text(round.Checked),
            Text(round.Drifted),
            Text(round.Mended),
            Text(round.Failed),
            ByteSize.Format(round.ScrubbedBytes),
            Text(round.Damaged),
            round.Failures.Count == 0 ? Listing.None : string.Join("; ", round.Failures),
        ];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
