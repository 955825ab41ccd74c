namespace Waystation.FetchCore.Observing;

/// <summary>A kind of background work on a repository.</summary>
public enum WorkKind
{
    /// <summary>The mirror is compared with the primary and mended.</summary>
    Vet,

    /// <summary>A first mirror is made with the service credential.</summary>
    Warm,

    /// <summary>The mirror's packs are rolled up, indexed, checked, and orphans expire.</summary>
    Upkeep,

    /// <summary>The Git LFS objects of new tips are fetched with the service credential.</summary>
    Prefetch,
}

/// <summary>Work of one lane never waits for work of another.</summary>
public enum WorkLane
{
    /// <summary>Seconds.</summary>
    Small,

    /// <summary>Minutes, or hours.</summary>
    Large,

    /// <summary>Hours, beside other work on the same repository.</summary>
    Prefetch,
}
