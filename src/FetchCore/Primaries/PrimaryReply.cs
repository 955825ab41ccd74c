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

    /// <summary>The primary refused this credential for this repository (401, 403, 404).</summary>
    public abstract bool IsRefusal { get; }

    /// <summary>When the question was sent that this answers (<see cref="Access.AccessTickets.Now"/>): what it shows was so then, and perhaps not any more when it arrived.</summary>
    public abstract long AskedAt { get; }

    /// <summary>The reply's body.</summary>
    public abstract PipeReader Body { get; }

    /// <inheritdoc />
    public abstract ValueTask DisposeAsync();
}
