namespace Waystation.CacheStore.Packs;

/// <summary>What a <see cref="PackReader"/> has next.</summary>
public enum PackStepKind
{
    /// <summary>The pack has been read whole.</summary>
    End,

    /// <summary>Bytes of the pack may be read.</summary>
    Bytes,

    /// <summary>Progress text from the source of an unfinished pack.</summary>
    Progress,
}

/// <summary>One step of a reading.</summary>
/// <param name="Kind">The kind of the step.</param>
/// <param name="Length">Bytes to read, for <see cref="PackStepKind.Bytes"/>.</param>
/// <param name="Text">Raw progress text (sideband 2), for <see cref="PackStepKind.Progress"/>.</param>
public readonly record struct PackStep(PackStepKind Kind, int Length = 0, ReadOnlyMemory<byte> Text = default);
