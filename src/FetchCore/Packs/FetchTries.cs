using Waystation.CacheStore.Packs.Filling;

namespace Waystation.FetchCore.Packs;

/// <summary>The tries of one fetch: others' answers that it followed and that came to nothing.</summary>
internal sealed class FetchTries
{
    /// <summary>After so many, a fetch goes its own way.</summary>
    private const int Most = 4;

    private int _failed;

    /// <summary>The refs have moved since access was settled: that is to be done anew.</summary>
    public bool MustSettleAnew { get; set; }

    public bool IsAtEnd => _failed >= Most;

    /// <summary>Longer each time: a primary that is slow for everybody is not asked for the same by all of them.</summary>
    public TimeSpan Patience => Fill.Patience * (1 << Math.Min(_failed, Most));

    public void Fail(FillOutcome outcome)
    {
        _failed++;
        MustSettleAnew |= outcome == FillOutcome.Withheld;
    }
}
