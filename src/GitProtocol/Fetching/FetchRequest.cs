using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Fetching;

/// <summary>
/// What a fetch asks, whichever protocol version asked it; equal when all of it is equal.
/// It holds everything that the client said: what of it makes an answer is for the key of the pack cache to choose.
/// </summary>
public sealed record FetchRequest
{
    /// <summary>The format that the client takes the repository to have.</summary>
    public ObjectFormat ObjectFormat { get; init; }

    /// <summary>0, 1 or 2.</summary>
    public int ProtocolVersion { get; init; } = 2;

    /// <summary>The objects wanted, each once, in the client's order.</summary>
    public IReadOnlyList<ObjectId> Wants
    {
        get;
        init => field = ValueList<ObjectId>.From(value);
    } = ValueList<ObjectId>.Empty;

    /// <summary>The objects that the client has, each once, in the client's order.</summary>
    public IReadOnlyList<ObjectId> Haves
    {
        get;
        init => field = ValueList<ObjectId>.From(value);
    } = ValueList<ObjectId>.Empty;

    /// <summary>The client's shallow boundary.</summary>
    public IReadOnlyList<ObjectId> Shallows
    {
        get;
        init => field = ValueList<ObjectId>.From(value);
    } = ValueList<ObjectId>.Empty;

    /// <summary>How many commits deep; <see cref="int.MaxValue"/> is how a client asks to be shallow no more.</summary>
    public int? Depth { get; init; }

    /// <summary>Commits from this time on, in seconds since 1970.</summary>
    public long? DeepenSince { get; init; }

    /// <summary><see cref="Depth"/> counts from the client's boundary.</summary>
    public bool DeepenRelative { get; init; }

    /// <summary>The pack may lack delta bases that the client has.</summary>
    public bool ThinPack { get; init; }

    /// <summary>Delta bases may be named by position.</summary>
    public bool OfsDelta { get; init; }

    /// <summary>Annotated tags of what is sent are sent too.</summary>
    public bool IncludeTag { get; init; }

    /// <summary>Nothing on band 2.</summary>
    public bool NoProgress { get; init; }

    /// <summary>Negotiation is over: the pack follows.</summary>
    public bool Done { get; init; }

    /// <summary>No pack before <see cref="Done"/>, however ready the server is.</summary>
    public bool WaitForDone { get; init; }

    /// <summary>v2: the whole answer in bands.</summary>
    public bool SidebandAll { get; init; }

    /// <summary>Which objects to leave out.</summary>
    public FilterSpec? Filter { get; init; }

    /// <summary>v0 and v1: how the pack is framed.</summary>
    public SidebandKind SidebandKind { get; init; } = SidebandKind.Sideband64k;

    /// <summary>v0 and v1: how haves are acknowledged.</summary>
    public MultiAck MultiAck { get; init; }

    /// <summary>v0 and v1: the pack may follow "ready" without another round.</summary>
    public bool NoDone { get; init; }

    /// <summary>The client's name for itself.</summary>
    public string? Agent { get; init; }

    /// <summary>Whether the client starts from nothing.</summary>
    public bool IsClone => Haves.Count == 0 && Shallows.Count == 0;

    /// <summary>Whether the client moves its shallow boundary, so that a v0 or v1 answer begins with the new one.</summary>
    public bool Deepens => Depth is not null || DeepenSince is not null;

    /// <summary>
    /// Whether the answer may hold a pack. In v0 and v1 one that is not done is a round, which brings acknowledgments or just the
    /// new boundary, unless no-done lets the pack follow "ready"; only multi_ack_detailed has that word, and only haves earn it.
    /// </summary>
    public bool MayBringPack => ProtocolVersion == 2 || Done || (NoDone && MultiAck == MultiAck.Detailed && Haves.Count > 0);
}
