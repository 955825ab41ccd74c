namespace Waystation.FetchCore.Primaries.Errors;

/// <summary>
/// An outage: the primary, or this repository at it, does not answer, and the node's own probe has confirmed it. A credential that was
/// accepted lately may read the record; for all others this is the failure.
/// </summary>
/// <param name="message">The failure.</param>
/// <param name="status">The HTTP status of the failure; null if there was no response.</param>
/// <param name="inner">The cause.</param>
public class PrimaryOutageException(string message, int? status = null, Exception? inner = null) : PrimaryException(message, inner)
{
    /// <summary>The HTTP status of the failure; null if there was no response.</summary>
    public int? Status => status;

    /// <summary>The same outage, for askers other than the first.</summary>
    public virtual PrimaryOutageException ForOthers() => this;
}
