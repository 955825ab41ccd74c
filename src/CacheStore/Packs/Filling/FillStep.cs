namespace Waystation.CacheStore.Packs.Filling;

/// <summary>The next step of a reading that follows a fill: more of the answer, or the fill's end without a whole pack.</summary>
public readonly record struct FillStep
{
    /// <summary>More of the answer.</summary>
    public FillStep(PackStep step) => Step = step;

    /// <summary>Nothing more comes.</summary>
    public FillStep(FillOutcome ending) => Ending = ending;

    /// <summary>The next step, if <see cref="Ending"/> is null.</summary>
    public PackStep Step { get; }

    /// <summary>How the fill ended for this reader; null while it goes on.</summary>
    public FillOutcome? Ending { get; }
}
