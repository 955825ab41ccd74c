using System.IO.Pipelines;

namespace Waystation.FetchCore.Primaries;

/// <summary>
/// A reply of the primary whose body was not read yet. An unexpected reply can still be passed on whole, as long as <see cref="Body"/> was
/// not consumed.
/// </summary>
public abstract class PrimaryReply : IAsyncDisposable
{
    /// <summary>Whether it is a Git response that may be read.</summary>
    public abstract bool IsAnswer { get; }

    /// <summary>
    /// Whether the primary refused this credential for this repository, in any form: earlier answers no longer count.
    /// </summary>
    public abstract bool IsRefusal { get; }

    /// <summary>Whether the primary demands a login (401).</summary>
    public virtual bool DemandsLogin => false;

    /// <summary>The text, if the reply is an ERR packet; null for any other reply.</summary>
    public virtual string? Complaint => null;

    /// <summary>
    /// The time of the question, in Stopwatch ticks of this process (<see cref="Access.Tickets.AccessTickets.Now"/>): the answer was true
    /// then, and perhaps no longer when it arrived.
    /// </summary>
    public abstract long AskedAt { get; }

    /// <summary>The reply's body.</summary>
    public abstract PipeReader Body { get; }

    /// <inheritdoc />
    public abstract ValueTask DisposeAsync();
}
