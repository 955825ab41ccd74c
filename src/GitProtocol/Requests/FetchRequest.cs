using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Requests;

/// <summary>
/// The content of a client's fetch request, in any protocol version; compared by value. Every property changes the response, so the key of
/// the pack cache contains all of them. <see cref="ResponseFraming"/> has the form in which the client wants the response.
/// </summary>
public sealed record FetchRequest
{
    /// <summary>The object format that the client assumes.</summary>
    public ObjectFormat ObjectFormat { get; init; }

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

    /// <summary>The depth in commits. With <see cref="int.MaxValue"/> a client asks for the whole history.</summary>
    public int? Depth { get; init; }

    /// <summary>Commits from this time on, in seconds since 1970.</summary>
    public long? DeepenSince { get; init; }

    /// <summary><see cref="Depth"/> counts from the client's boundary.</summary>
    public bool DeepenRelative { get; init; }

    /// <summary>The pack may lack delta bases that the client has.</summary>
    public bool ThinPack { get; init; }

    /// <summary>Delta bases may be named by position.</summary>
    public bool OfsDelta { get; init; }

    /// <summary>The response also has the annotated tags that point to its objects.</summary>
    public bool IncludeTag { get; init; }

    /// <summary>When the pack comes.</summary>
    public PackWhen Pack { get; init; }

    /// <summary>Selects the objects to leave out.</summary>
    public FilterSpec? Filter { get; init; }

    /// <summary>Whether the client starts from nothing.</summary>
    public bool IsClone => Haves.Count == 0 && Shallows.Count == 0;

    /// <summary>Whether the client moves its shallow boundary, so that a v0 or v1 response begins with the new one.</summary>
    public bool Deepens => Depth is not null || DeepenSince is not null;

    /// <summary>Whether the response may hold a pack; else it is a round of negotiation.</summary>
    public bool MayBringPack => Pack != PackWhen.Never;

    /// <summary>Whether negotiation is over, so that the pack follows at once.</summary>
    public bool IsDone => Pack == PackWhen.AtOnce;
}
