namespace Waystation.GitProtocol.Requests;

/// <summary>What a client's request turned out to be: the unknown is a value, not an accident.</summary>
public abstract record ParsedCommand
{
    private ParsedCommand() { }

    /// <summary>A fetch of which we understand every argument.</summary>
    /// <param name="Request">The content of the request.</param>
    /// <param name="Framing">The form of the response.</param>
    public sealed record Fetch(FetchRequest Request, ResponseFraming Framing) : ParsedCommand;

    /// <summary>An ls-refs of which we understand every argument.</summary>
    public sealed record LsRefs(LsRefsRequest Request) : ParsedCommand;

    /// <summary>Something else: forward it as it came.</summary>
    public sealed record Foreign(ForeignReason Reason) : ParsedCommand;
}
