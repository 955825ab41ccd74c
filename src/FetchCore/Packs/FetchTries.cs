using Waystation.CacheStore.Packs.Filling;

namespace Waystation.FetchCore.Packs;

/// <summary>The tries of one fetch: fills of other requests that it followed and that failed.</summary>
internal sealed class FetchTries
{
    /// <summary>After so many, a fetch goes its own way.</summary>
    private const int Most = 4;

    private int _failed;

    /// <summary>The refs have moved since access was decided, so it must be decided again.</summary>
    public bool MustSettleAnew { get; set; }

    public bool IsAtEnd => _failed >= Most;

    /// <summary>Longer each time, so that not all followers ask a slow primary for the same.</summary>
    public TimeSpan Patience => Fill.Patience * (1 << Math.Min(_failed, Most));

    public void Fail(FillOutcome outcome)
    {
        _failed++;
        MustSettleAnew |= outcome == FillOutcome.Withheld;
    }
}
