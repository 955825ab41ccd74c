using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Packs;

/// <summary>The core's answer to a fetch. Each front end writes it in its own form.</summary>
public abstract record FetchAnswer
{
    private FetchAnswer() { }

    /// <summary>Set in an outage, if the answer relies on recorded refs.</summary>
    public OutageNote? Outage { get; init; }

    /// <summary>Reports to the record how the fetch is served.</summary>
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
    /// <param name="Reader">The pack.</param>
    /// <param name="Outcome">How it is served.</param>
    /// <param name="WillKeep">For <see cref="FetchOutcome.Forward"/>: whether the node keeps it.</param>
    public sealed record Pack(PackReader Reader, FetchOutcome Outcome, bool WillKeep) : FetchAnswer;

    /// <summary>The primary's own reply, to be handed on whole; the receiver disposes it.</summary>
    /// <param name="Reply">The reply, nothing of it consumed.</param>
    public sealed record Relay(PrimaryReply Reply) : FetchAnswer;

    /// <summary>A round of negotiation, made here: it brings no pack.</summary>
    /// <param name="Prologue">The acknowledgments.</param>
    public sealed record Round(FetchPrologue Prologue) : FetchAnswer;

    /// <summary>Too many requests wait already; the client must come again.</summary>
    /// <param name="RetryAfter">The time after which to come again.</param>
    public sealed record Busy(TimeSpan RetryAfter) : FetchAnswer;

    /// <summary>The request must be forwarded to the primary unchanged.</summary>
    /// <param name="Reason">The reason.</param>
    public sealed record Forward(ForwardReason Reason) : FetchAnswer;

    /// <summary>The primary was asked in this request's name and could not be reached, or is not to be asked now
    /// (<see cref="PrimaryBusyException"/>).</summary>
    /// <param name="Cause">The failure.</param>
    public sealed record Unreachable(PrimaryException Cause) : FetchAnswer;
}

/// <summary>The label of an answer without the primary.</summary>
/// <param name="Primary">The name of the primary that cannot be reached.</param>
/// <param name="Age">The age of its listing.</param>
public sealed record OutageNote(string Primary, TimeSpan Age);
