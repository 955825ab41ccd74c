using System.Net;

namespace Waystation.Primaries;

/// <summary>
/// Decides which clients may ask one primary. <c>Deny</c> counts more than <c>Allow</c>; an empty <c>Allow</c> has everybody.
/// </summary>
internal sealed class ClientList(ClientListOptions options)
{
    private readonly ClientNetworks _allowed = new(options.Allow);
    private readonly ClientNetworks _denied = new(options.Deny);

    /// <param name="client">The client's address; null if the node does not know it, which a list refuses.</param>
    public bool Admits(IPAddress? client) =>
        client is null ? _allowed.IsEmpty && _denied.IsEmpty : !_denied.Contains(client) && (_allowed.IsEmpty || _allowed.Contains(client));
}
