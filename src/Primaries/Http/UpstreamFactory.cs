using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Observing;

namespace Waystation.Primaries.Http;

/// <summary>Opens the primary over HTTP for one request of a client.</summary>
/// <param name="tickets">Says which credentials were accepted lately.</param>
/// <param name="meters">Counts each request.</param>
public sealed class UpstreamFactory(AccessTickets tickets, FetchMeters meters)
{
    /// <summary>The primary in the name of an asker.</summary>
    /// <param name="asker">The name, request lines and fields.</param>
    /// <param name="body">The body of the client's own request; empty if it has none.</param>
    public HttpPrimary Open(HttpAsker asker, ReadOnlyMemory<byte> body = default) => new(asker, body, tickets, meters);
}
