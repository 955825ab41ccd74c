using Waystation.CacheStore.Packs.Filling;

namespace Waystation.FetchCore.Packs;

/// <summary>What came of making an answer here.</summary>
public abstract record LocalAnswer
{
    /// <summary>It cannot be made here, and nobody was told anything.</summary>
    public static readonly LocalAnswer NotHere = new Elsewhere(Place: null);

    private LocalAnswer() { }

    /// <summary>It was made here, or nobody can make it now.</summary>
    /// <param name="Outcome">What came of it.</param>
    public sealed record Made(FillOutcome Outcome) : LocalAnswer;

    /// <summary>The primary is to make it.</summary>
    /// <param name="Place">Its place at the primary, to be disposed, where its turn here came too late; else null.</param>
    public sealed record Elsewhere(IDisposable? Place) : LocalAnswer;
}
