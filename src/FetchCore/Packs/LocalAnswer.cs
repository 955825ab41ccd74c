using Waystation.CacheStore.Packs.Filling;

namespace Waystation.FetchCore.Packs;

/// <summary>The result of an attempt to make a response on the node.</summary>
public abstract record LocalAnswer
{
    /// <summary>The node cannot make it, and the client has got no byte.</summary>
    public static readonly LocalAnswer NotHere = new Elsewhere(Place: null);

    private LocalAnswer() { }

    /// <summary>The node made it, or nobody can make it now.</summary>
    /// <param name="Outcome">The outcome of the fill.</param>
    public sealed record Made(FillOutcome Outcome) : LocalAnswer;

    /// <summary>The primary must make it.</summary>
    /// <param name="Place">Its place at the primary, to be disposed, if its turn on the node came too late; else null.</param>
    public sealed record Elsewhere(IDisposable? Place) : LocalAnswer;
}
