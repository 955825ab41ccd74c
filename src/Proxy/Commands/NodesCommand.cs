using System.CommandLine;
using System.Globalization;
using Waystation.Proxy.Admin;
using Waystation.Proxy.Admin.Pages;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation nodes</c>, and its verbs for one node.</summary>
internal static class NodesCommand
{
    public static Command Create()
    {
        Command command = NodeCommand.List<NodeOfFarm[]>(
            "nodes",
            "Lists the nodes of the farm: their states, and the share of the repositories that each owns.",
            NodesPage.Path,
            static all => new Listing(
                ["node", "state", "share", "URL", "version", "started", "last seen", "this one"],
                [.. all.Select(Row)]
            )
        );
        command.Add(
            Act(NodesPage.Approve, "Lets a node take part: one that waits for its approval, or that was removed.", isNameNeeded: true)
        );
        command.Add(Act(NodesPage.Remove, "Shuts a node out at once. It goes on alone.", isNameNeeded: true));
        command.Add(
            Act(
                NodesPage.Drain,
                "Prepares a node for its stop: /readyz says so, its repositories move to other nodes, and it goes on serving.",
                isNameNeeded: false
            )
        );
        command.Add(Act(NodesPage.Undrain, "Takes a node back that drains. A restart does as well.", isNameNeeded: false));
        return command;
    }

    private static Command Act(string action, string description, bool isNameNeeded)
    {
        var name = new Argument<string?>("NAME")
        {
            Description = isNameNeeded ? "The name of the node" : "The name of the node; without it the node that is asked",
            Arity = isNameNeeded ? ArgumentArity.ExactlyOne : ArgumentArity.ZeroOrOne,
        };
        var command = new Command(action, description) { name };
        var options = new NodeOptionSet(command);
        command.SetAction(
            (parsed, cancellationToken) =>
                options.RunAsync(
                    parsed,
                    client =>
                        client.PrintAsync<NodeOfFarm>(
                            HttpMethod.Post,
                            AdminRoutes.Api + NodesPage.Path,
                            new NodeQuestion(parsed.GetValue(name), action),
                            Format,
                            cancellationToken
                        ),
                    cancellationToken
                )
        );
        return command;
    }

    private static IReadOnlyList<string> Row(NodeOfFarm node) =>
        [
            node.Name,
            node.State,
            string.Create(CultureInfo.InvariantCulture, $"{node.Share * 100:0} %"),
            node.Url ?? Listing.None,
            node.Version ?? Listing.None,
            node.Started?.ToString("u", CultureInfo.InvariantCulture) ?? Listing.None,
            node.LastSeen?.ToString("u", CultureInfo.InvariantCulture) ?? Listing.None,
            node.Self ? "yes" : Listing.None,
        ];

    private static string Format(NodeOfFarm node)
    {
        string started = node.Started is { } at
            ? string.Create(CultureInfo.InvariantCulture, $"started {at:u}")
            : "never seen by this node";
        string seen = node.LastSeen is { } last && !node.Self ? string.Create(CultureInfo.InvariantCulture, $"  seen {last:u}") : "";
        string self = node.Self ? "  (this node)" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{node.Name, -16} {node.State, -9} {node.Share * 100, 4:0} %  {node.Url ?? "-"}  {node.Version ?? "-"}  {started}{seen}{self}"
        );
    }
}
