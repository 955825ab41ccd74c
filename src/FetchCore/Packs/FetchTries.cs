using Waystation.CacheStore.Packs.Filling;

namespace Waystation.FetchCore.Packs;

/// <summary>The tries of one fetch: fills of other requests that it followed and that failed.</summary>
internal sealed class FetchTries
{
    /// <summary>The number of tries after which a fetch asks for itself.</summary>
    private const int Most = 4;

    private int _failed;

    /// <summary>The refs have moved since access was decided, so it must be decided again.</summary>
    public bool MustSettleAnew { get; set; }

    /// <summary>A fill that it began has put the pack into the store.</summary>
    public bool HasMade { get; set; }

    public bool IsAtEnd => _failed >= Most;

    /// <summary>The patience grows with each try, so that not all followers ask a slow primary for the same pack.</summary>
    public TimeSpan Patience => Fill.Patience * (1 << Math.Min(_failed, Most));

    public void Fail(FillOutcome outcome)
    {
        _failed++;
        MustSettleAnew |= outcome == FillOutcome.Withheld;
    }
}
