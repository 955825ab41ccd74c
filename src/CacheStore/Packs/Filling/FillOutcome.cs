using Waystation.GitProtocol.Responses;

namespace Waystation.CacheStore.Packs.Filling;

/// <summary>
/// The result of a fill.
/// <code>
///                    the starter gets    its followers get
///   Whole            the pack            the pack
///   Stored           look in the store   look in the store
///   Round            it                  it
///   Busy             it                  it
///   NoPack           it                  Broken: they begin again, with their own credentials
///   Unreachable      it                  Broken
///   Broken           it                  it
///   Withheld         -                   it, while the starter reads on
/// </code>
/// </summary>
public abstract record FillOutcome
{
    /// <summary>The pack is whole and checked.</summary>
    public static readonly FillOutcome Whole = new WholePack();

    /// <summary>Another fill has put the pack into the store meanwhile.</summary>
    public static readonly FillOutcome Stored = new InStore();

    /// <summary>The pack may have more than the primary showed to its followers. They must be authorised again.</summary>
    public static readonly FillOutcome Withheld = new ForStarterOnly();

    private FillOutcome() { }

    /// <summary>The reason why there is no pack, for the log.</summary>
    public abstract string Reason { get; }

    /// <summary>The same for a reader that has begun and cannot go on.</summary>
    public FillFailedException ToException() => new(Reason, (this as Broken)?.SourceError);

    /// <summary>The outcome for the followers of the fill.</summary>
    internal virtual FillOutcome ForFollowers => this;

    /// <summary>The response is a round of negotiation, the same for all clients that asked.</summary>
    /// <param name="Prologue">Its acknowledgments.</param>
    public sealed record Round(FetchPrologue Prologue) : FillOutcome
    {
        /// <inheritdoc />
        public override string Reason => "the response is a round of negotiation";
    }

    /// <summary>No response can be made now, for any credential.</summary>
    /// <param name="RetryAfter">The time after which to ask again.</param>
    /// <param name="Cause">The source's failure, if the source is busy; null if the node is busy.</param>
    public sealed record Busy(TimeSpan RetryAfter, Exception? Cause = null) : FillOutcome
    {
        /// <inheritdoc />
        public override string Reason => Cause?.Message ?? "too many packs wait for their turn";
    }

    /// <summary>The source replied to the starter's credential, but not with a pack.</summary>
    /// <param name="Reply">The reply. The reader that takes the outcome disposes it; if no reader does, the fill disposes it.</param>
    public sealed record NoPack(IAsyncDisposable Reply) : FillOutcome
    {
        /// <inheritdoc />
        public override string Reason => "the primary's response has no pack";

        internal override FillOutcome ForFollowers => new Broken(Reason);
    }

    /// <summary>The source could not be asked in the starter's name.</summary>
    /// <param name="Cause">The failure.</param>
    public sealed record Unreachable(Exception Cause) : FillOutcome
    {
        /// <inheritdoc />
        public override string Reason => Cause.Message;

        internal override FillOutcome ForFollowers => new Broken(Reason);
    }

    /// <summary>The response ended early.</summary>
    /// <param name="Text">The reason, for the log.</param>
    /// <param name="SourceError">The last message of the source (sideband 3), for the client; or null.</param>
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
        public override string Reason => "the pack is in the cache now";
    }

    private sealed record ForStarterOnly : FillOutcome
    {
        public override string Reason => "the response may contain objects that the primary did not show to its followers";
    }
}
