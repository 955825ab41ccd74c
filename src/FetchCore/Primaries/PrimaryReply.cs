using System.IO.Pipelines;

namespace Waystation.FetchCore.Primaries;

/// <summary>
/// What the primary replied, its body not yet read. A reply that turns out not to be what was hoped for can still be
/// handed on whole, as long as nothing of <see cref="Body"/> was consumed.
/// </summary>
public abstract class PrimaryReply : IAsyncDisposable
{
    /// <summary>The primary speaks Git here: an answer that may be read.</summary>
    public abstract bool IsAnswer { get; }

    /// <summary>
    /// The primary refused this credential for this repository, in whichever way it has: what it said before counts no more.
    /// </summary>
    public abstract bool IsRefusal { get; }

    /// <summary>The text of the ERR packet that it is; null for any other reply.</summary>
    public virtual string? Complaint => null;

    /// <summary>
    /// When the question was sent that this answers (<see cref="Access.AccessTickets.Now"/>): what it shows was so then, and perhaps not
    /// any more when it arrived.
    /// </summary>
    public abstract long AskedAt { get; }

    /// <summary>The reply's body.</summary>
    public abstract PipeReader Body { get; }

    /// <inheritdoc />
    public abstract ValueTask DisposeAsync();
}
