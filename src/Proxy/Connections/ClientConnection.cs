using System.Net;

namespace Waystation.Proxy.Connections;

/// <summary>One connection of a client, as <see cref="ClientConnections"/> counts it. All of it is guarded by the lock there.</summary>
/// <param name="address">The address that it counts for.</param>
/// <param name="abort">Ends it.</param>
internal sealed class ClientConnection(IPAddress address, Action<string> abort)
{
    /// <summary>That of a trusted proxy until its header has named the client.</summary>
    public IPAddress Address { get; set; } = address;

    /// <summary>Whether it is of a trusted proxy, which has any number of clients: the bound for one address does not hold.</summary>
    public bool IsOfProxy { get; set; }

    /// <summary>Whether it was accepted beyond the bounds, only to get a 429.</summary>
    public bool IsTurnedAway { get; set; }

    /// <summary>Whether a whole head has ever come.</summary>
    public bool HasAsked { get; set; }

    /// <summary>The number of requests under way; several over HTTP/2.</summary>
    public int Requests { get; set; }

    /// <summary>Whether it is no longer counted.</summary>
    public bool IsGone { get; set; }

    /// <summary>
    /// Its place among all connections that wait for a head, and among those of its address; null with a request under way.
    /// </summary>
    public LinkedListNode<ClientConnection>? WaitingPlace { get; set; }

    public LinkedListNode<ClientConnection>? WaitingPlaceOfAddress { get; set; }

    public void Abort(string reason) => abort(reason);
}
