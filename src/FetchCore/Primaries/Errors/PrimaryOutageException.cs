namespace Waystation.FetchCore.Primaries.Errors;

/// <summary>
/// An outage: the primary, or this repository at it, does not answer, and the node has made sure of it by itself. Whoever was accepted
/// lately may read what is recorded; for all others this is the failure.
/// </summary>
/// <param name="message">What fails.</param>
/// <param name="status">The HTTP status that the primary fails with; null where it says nothing.</param>
/// <param name="inner">The cause.</param>
public class PrimaryOutageException(string message, int? status = null, Exception? inner = null) : PrimaryException(message, inner)
{
    /// <summary>The HTTP status that the primary fails with; null where it says nothing.</summary>
    public int? Status => status;

    /// <summary>The same outage, as others than its asker hear of it.</summary>
    public virtual PrimaryOutageException ForOthers() => this;
}
