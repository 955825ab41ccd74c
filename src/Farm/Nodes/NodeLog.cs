namespace Waystation.Farm.Nodes;

/// <summary>Log messages of the nodes of the farm; ids 5040 to 5069.</summary>
internal static partial class NodeLog
{
    [LoggerMessage(5041, LogLevel.Information, "Members of the farm: {Members}")]
    public static partial void MembersChanged(this ILogger logger, string members);

    [LoggerMessage(
        5042,
        LogLevel.Error,
        "Another node of the farm is called {Name} as well; this node takes no part until the other is gone. Set Farm:Name"
    )]
    public static partial void NameTaken(this ILogger logger, string name);

    [LoggerMessage(5043, LogLevel.Warning, "This node waits for its approval and holds nothing: waystation nodes approve {Name}")]
    public static partial void WaitsForApproval(this ILogger logger, string name);

    [LoggerMessage(5044, LogLevel.Warning, "An operator has removed this node from the farm; it goes on alone")]
    public static partial void NodeRemoved(this ILogger logger);

    [LoggerMessage(5045, LogLevel.Information, "This node drains: it owns no repository any more, and /readyz says so")]
    public static partial void NodeDrains(this ILogger logger);

    [LoggerMessage(5046, LogLevel.Information, "This node no longer drains")]
    public static partial void NodeDrainsNoMore(this ILogger logger);

    [LoggerMessage(5047, LogLevel.Warning, "What this node knows of the farm cannot be kept in its data folder: {Reason}")]
    public static partial void FarmFolderFailed(this ILogger logger, string reason);
}
