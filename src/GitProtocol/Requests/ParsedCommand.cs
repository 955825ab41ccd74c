namespace Waystation.GitProtocol.Requests;

/// <summary>What a client's request turned out to be: the unknown is a value, not an accident.</summary>
public abstract record ParsedCommand
{
    private ParsedCommand() { }

    /// <summary>A fetch that we understand to the last argument.</summary>
    /// <param name="Request">What is asked.</param>
    /// <param name="Framing">How the client wants to hear the response.</param>
    public sealed record Fetch(FetchRequest Request, ResponseFraming Framing) : ParsedCommand;

    /// <summary>An ls-refs that we understand to the last argument.</summary>
    public sealed record LsRefs(LsRefsRequest Request) : ParsedCommand;

    /// <summary>Something else: forward it as it came.</summary>
    public sealed record Foreign(ForeignReason Reason) : ParsedCommand;
}
