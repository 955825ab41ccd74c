using Waystation.GitProtocol.Responses;

namespace Waystation.CacheStore.Packs.Filling;

/// <summary>
/// What came of a fill.
/// <code>
///                    the starter hears   its followers hear
///   Whole            the pack            the pack
///   Stored           look in the store   look in the store
///   Round            it                  it
///   Busy             it                  it
///   NoPack           it                  Broken: they begin anew, with their own credentials
///   Unreachable      it                  Broken
///   Broken           it                  it
///   Withheld         -                   it, while the starter reads on
/// </code>
/// </summary>
public abstract record FillOutcome
{
    /// <summary>The pack is whole and checked.</summary>
    public static readonly FillOutcome Whole = new WholePack();

    /// <summary>Another fill has put the answer into the store meanwhile.</summary>
    public static readonly FillOutcome Stored = new InStore();

    /// <summary>The pack may hold more than its followers were shown. What they may have is to be settled anew.</summary>
    public static readonly FillOutcome Withheld = new ForStarterOnly();

    private FillOutcome() { }

    /// <summary>Why there is no pack, for the log.</summary>
    public abstract string Reason { get; }

    /// <summary>The same for a reader that has begun and cannot go on.</summary>
    public FillFailedException ToException() => new(Reason, (this as Broken)?.SourceError);

    /// <summary>What the followers of the fill hear.</summary>
    internal virtual FillOutcome ForFollowers => this;

    /// <summary>The answer is a round of negotiation, the same for all who asked.</summary>
    /// <param name="Prologue">What it acknowledges.</param>
    public sealed record Round(FetchPrologue Prologue) : FillOutcome
    {
        /// <inheritdoc />
        public override string Reason => "the answer is a round of negotiation";
    }

    /// <summary>Nobody's answer can be made now, whatever the credential.</summary>
    /// <param name="RetryAfter">When to ask again.</param>
    /// <param name="Cause">Where the source is busy, and not the node: what it said.</param>
    public sealed record Busy(TimeSpan RetryAfter, Exception? Cause = null) : FillOutcome
    {
        /// <inheritdoc />
        public override string Reason => Cause?.Message ?? "too many packs wait for their turn";
    }

    /// <summary>The source has replied to the starter's credential, and not with a pack.</summary>
    /// <param name="Reply">The reply. Who takes the outcome disposes it; where nobody does, the fill disposes it.</param>
    public sealed record NoPack(IAsyncDisposable Reply) : FillOutcome
    {
        /// <inheritdoc />
        public override string Reason => "the primary's reply holds no pack";

        internal override FillOutcome ForFollowers => new Broken(Reason);
    }

    /// <summary>The source could not be asked in the starter's name.</summary>
    /// <param name="Cause">What failed.</param>
    public sealed record Unreachable(Exception Cause) : FillOutcome
    {
        /// <inheritdoc />
        public override string Reason => Cause.Message;

        internal override FillOutcome ForFollowers => new Broken(Reason);
    }

    /// <summary>The answer broke off.</summary>
    /// <param name="Text">Why, for the log.</param>
    /// <param name="SourceError">The source's own last words (sideband 3), to be told to the client; or null.</param>
    public sealed record Broken(string Text, string? SourceError = null) : FillOutcome
    {
        /// <inheritdoc />
        public override string Reason => Text;
    }

    private sealed record WholePack : FillOutcome
    {
        public override string Reason => "the pack is whole";
    }

    private sealed record InStore : FillOutcome
    {
        public override string Reason => "the answer is in the store by now";
    }

    private sealed record ForStarterOnly : FillOutcome
    {
        public override string Reason => "the answer may hold more than its followers were shown";
    }
}
