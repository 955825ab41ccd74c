using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Packs;

/// <summary>What the core answers to a fetch. Only a front end knows how each looks on its wire.</summary>
public abstract record FetchAnswer
{
    private FetchAnswer() { }

    /// <summary>Set in an outage, where the answer rests on refs that were recorded before it.</summary>
    public OutageNote? Outage { get; init; }

    /// <summary>Tells how the fetch is served.</summary>
    internal void TellTo(ObservedFetch fetch)
    {
        switch (this)
        {
            case Pack pack:
                fetch.Served(pack.Outcome, pack.WillKeep, Outage?.Age);
                break;
            case Round:
                fetch.Served(FetchOutcome.Local, isKept: false, Outage?.Age);
                break;
            case Relay:
                fetch.Bypassed(ForwardReason.NoPack);
                break;
            case Forward forward:
                fetch.Bypassed(forward.Reason);
                break;
            case Busy:
                fetch.Ended(FetchEnd.Busy);
                break;
            case Unreachable unreachable:
                fetch.Ended(FetchEnd.Unreachable, unreachable.Cause.Message);
                break;
        }
    }

    /// <summary>A pack to write, from its first byte; the receiver disposes the reader.</summary>
    /// <param name="Reader">Where it comes from.</param>
    /// <param name="Outcome">How it was served.</param>
    /// <param name="WillKeep">For <see cref="FetchOutcome.Forward"/>: it is meant to be kept.</param>
    public sealed record Pack(PackReader Reader, FetchOutcome Outcome, bool WillKeep) : FetchAnswer;

    /// <summary>The primary's own reply, to be handed on whole; the receiver disposes it.</summary>
    /// <param name="Reply">The reply, nothing of it consumed.</param>
    public sealed record Relay(PrimaryReply Reply) : FetchAnswer;

    /// <summary>A round of negotiation, made here: it brings no pack.</summary>
    /// <param name="Prologue">What is acknowledged.</param>
    public sealed record Round(FetchPrologue Prologue) : FetchAnswer;

    /// <summary>Too many wait already; the client is told to come again.</summary>
    /// <param name="RetryAfter">When.</param>
    public sealed record Busy(TimeSpan RetryAfter) : FetchAnswer;

    /// <summary>The request is to be handed to the primary as it came.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Forward(ForwardReason Reason) : FetchAnswer;

    /// <summary>The primary was asked in this request's name and could not be reached, or is not to be asked now
    /// (<see cref="PrimaryBusyException"/>).</summary>
    /// <param name="Cause">What went wrong.</param>
    public sealed record Unreachable(PrimaryException Cause) : FetchAnswer;
}

/// <summary>By what an answer is labelled that was given without the primary.</summary>
/// <param name="Primary">Who cannot be reached.</param>
/// <param name="Age">How long ago it showed the refs.</param>
public sealed record OutageNote(string Primary, TimeSpan Age);
