using Waystation.Farm.Nodes;

namespace Waystation.Proxy.Admin.Pages;

/// <summary><c>GET /api/v1/nodes</c>: the nodes of the farm. <c>POST</c>: an operator's decision on one of them.</summary>
internal static class NodesPage
{
    public const string Path = "/nodes";

    public const string Approve = "approve";
    public const string Remove = "remove";
    public const string Drain = "drain";
    public const string Undrain = "undrain";

    /// <summary>The time in which a node that is there does what it is asked.</summary>
    private static readonly TimeSpan s_within = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(50);

    public static void Map(AdminApi api)
    {
        api.Pages.MapGet(Path, Show)
            .WithSummary("The nodes of the farm.")
            .Produces<NodeOfFarm[]>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        api.NodeActions.MapPost(Path, ActAsync)
            .WithSummary("Decides on a node of the farm: approve, remove, drain or undrain.")
            .WithMetadata(new TakesBody(typeof(NodeQuestion)))
            .Produces<NodeOfFarm>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status415UnsupportedMediaType)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static IResult Show(HttpContext context) =>
        context.RequestServices.GetService<INodeRegistry>() is { } nodes ? TypedResults.Ok(nodes.List().Select(NodeOfFarm.Of)) : NoFarm();

    /// <summary>JSON is demanded because a page in a browser may send a form to any address, but JSON only with permission.</summary>
    private static async Task<IResult> ActAsync(HttpContext context, TimeProvider time)
    {
        if (context.RequestServices.GetService<INodeRegistry>() is not { } nodes)
        {
            return NoFarm();
        }

        if (!context.Request.HasJsonContentType())
        {
            return Refusals.Problem(StatusCodes.Status415UnsupportedMediaType, "Send application/json.");
        }

        if (await JsonBody.ReadAsync<NodeQuestion>(context) is not { Action: Approve or Remove or Drain or Undrain } question)
        {
            return Refusals.Problem(
                StatusCodes.Status400BadRequest,
                "Send {\"name\":\"NAME\",\"action\":\"approve\"}, or remove, drain, undrain. "
                    + "Without a name drain and undrain act on this node."
            );
        }

        bool isDecision = question.Action is Approve or Remove;
        string? name = question.Name ?? (isDecision ? null : nodes.Self.Name);
        if (name is null || nodes.List().FirstOrDefault(node => node.Name == name) is not { } node)
        {
            return Refusals.Problem(StatusCodes.Status404NotFound, $"The farm has no node called {name}.");
        }

        return isDecision
            ? await DecideAsync(nodes, name, question.Action == Approve, context.RequestAborted)
            : await DrainAsync(nodes, node, question.Action == Drain, time, context.RequestAborted);
    }

    private static async Task<IResult> DecideAsync(
        INodeRegistry nodes,
        string name,
        bool isApproved,
        CancellationToken cancellationToken
    ) =>
        await nodes.DecideAsync(name, isApproved, cancellationToken)
            ? TypedResults.Ok(Of(nodes, name))
            : Refusals.Problem(
                StatusCodes.Status503ServiceUnavailable,
                "Redis does not answer, so the other nodes cannot learn it. Try again."
            );

    private static async Task<IResult> DrainAsync(
        INodeRegistry nodes,
        ListedNode node,
        bool toDrain,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (node.IsSelf)
        {
            nodes.Drain(toDrain);
            return TypedResults.Ok(Of(nodes, node.Name));
        }

        nodes.AskToDrain(node.Name, toDrain);
        long asked = time.GetTimestamp();
        while (IsDraining() != toDrain)
        {
            if (time.GetElapsedTime(asked) > s_within)
            {
                return Refusals.Problem(
                    StatusCodes.Status503ServiceUnavailable,
                    $"The node {node.Name} has not answered within {s_within.TotalSeconds} s. Ask it at its own admin address."
                );
            }

            await Task.Delay(s_between, time, cancellationToken);
        }

        return TypedResults.Ok(Of(nodes, node.Name));

        bool IsDraining() => Of(nodes, node.Name).State == NodeOfFarm.Draining;
    }

    private static NodeOfFarm Of(INodeRegistry nodes, string name) => NodeOfFarm.Of(nodes.List().First(node => node.Name == name));

    private static IResult NoFarm() =>
        Refusals.Problem(StatusCodes.Status404NotFound, "This node belongs to no farm: it was started without --redis.");
}

/// <summary>The body of an action on a node.</summary>
/// <param name="Name">Its name; null for the node that is asked.</param>
/// <param name="Action">The action.</param>
internal sealed record NodeQuestion(string? Name, string? Action);

/// <summary>A node of the farm.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Url">The URL at which other nodes reach it; null if it has not shown itself to this node.</param>
/// <param name="State"><c>active</c>, <c>draining</c>, <c>pending</c>, <c>removed</c>, or <c>gone</c>: not seen lately.</param>
/// <param name="Version">The version of its program.</param>
/// <param name="Started">The time of its start.</param>
/// <param name="LastSeen">The time when it showed itself last.</param>
/// <param name="Share">The share of all repositories that it owns, from 0 to 1.</param>
/// <param name="Self">Whether it is the node that was asked.</param>
internal sealed record NodeOfFarm(
    string Name,
    string? Url,
    string State,
    string? Version,
    DateTimeOffset? Started,
    DateTimeOffset? LastSeen,
    double Share,
    bool Self
)
{
    /// <summary>The word for a node that drains.</summary>
    public const string Draining = "draining";

    public static NodeOfFarm Of(ListedNode node) =>
        new(node.Name, node.Url?.AbsoluteUri, node.State, node.Version, node.Started, node.LastSeen, node.Share, node.IsSelf);
}
