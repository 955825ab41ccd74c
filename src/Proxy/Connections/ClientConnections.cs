using System.Net;
using Waystation.Primaries;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Connections;

/// <summary>
/// Counts the connections of clients, in all and by address, and makes room when a bound is reached.
/// <code>
///   accepted ──► waiting for a head ◄──────────┐     at a bound: the longest wait ends, of that
///                     └──► request under way ──┘     address or of all; no request is cut off
/// </code>
/// An honest client sends its head at once, so it waits for milliseconds, while half-sent heads and silent connections grow old. If no
/// connection waits, the new one gets a 429. Connections to the admin address are not counted.
/// </summary>
internal sealed class ClientConnections(ClientOptions options)
{
    /// <summary>Connections beyond the bounds that are kept only to get a 429; further ones are closed at once.</summary>
    private const int MaxTurnedAway = 256;

    private const string Crowded = "room was made for another connection";

    private readonly int _perAddress = options.MaxConnectionsPerAddress == 0 ? int.MaxValue : options.MaxConnectionsPerAddress;
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, OfAddress> _byAddress = [];
    private readonly LinkedList<ClientConnection> _waiting = new();
    private int _count;
    private int _turnedAway;

    /// <summary>Connections that are counted now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    /// <summary>Counts a new connection.</summary>
    /// <param name="address">The address that connects.</param>
    /// <param name="isOfProxy">Whether that is a trusted proxy.</param>
    /// <param name="abort">Ends the connection, with a reason.</param>
    /// <param name="ended">The connection that was ended to make room; null if there was room.</param>
    /// <returns>Null if the new connection must be closed at once.</returns>
    public ClientConnection? Admit(IPAddress address, bool isOfProxy, Action<string> abort, out ClientConnection? ended)
    {
        var connection = new ClientConnection(ClientNetworks.Counted(address), abort) { IsOfProxy = isOfProxy };
        bool isAdmitted;
        lock (_lock)
        {
            isAdmitted = Place(connection, out ended);
        }

        ended?.Abort(Crowded);
        return isAdmitted ? connection : null;
    }

    /// <summary>Counts a connection of a trusted proxy for its client instead.</summary>
    /// <returns>False if the connection must be closed.</returns>
    public bool Move(ClientConnection connection, IPAddress client, out ClientConnection? ended)
    {
        ended = null;
        lock (_lock)
        {
            if (connection.IsGone)
            {
                return false;
            }

            Remove(connection);
            (connection.Address, connection.IsOfProxy, connection.IsTurnedAway) = (ClientNetworks.Counted(client), false, false);
            connection.IsGone = !Place(connection, out ended);
        }

        ended?.Abort(Crowded);
        return !connection.IsGone;
    }

    /// <summary>The head of a request has come.</summary>
    public void Begin(ClientConnection connection)
    {
        lock (_lock)
        {
            connection.HasAsked = true;
            if (connection.Requests++ == 0 && !connection.IsGone && !connection.IsTurnedAway)
            {
                StopWaiting(connection, _byAddress[connection.Address]);
            }
        }
    }

    /// <summary>A request has been answered.</summary>
    public void End(ClientConnection connection)
    {
        lock (_lock)
        {
            if (--connection.Requests == 0 && !connection.IsGone && !connection.IsTurnedAway)
            {
                Wait(connection, _byAddress[connection.Address]);
            }
        }
    }

    /// <summary>The connection has ended, however it did.</summary>
    public void Leave(ClientConnection connection)
    {
        lock (_lock)
        {
            if (!connection.IsGone)
            {
                Remove(connection);
            }
        }
    }

    private bool Place(ClientConnection connection, out ClientConnection? ended)
    {
        IPAddress address = connection.Address;
        OfAddress own = _byAddress.TryGetValue(address, out OfAddress? known) ? known : new OfAddress();
        bool isFullOfOwn = !connection.IsOfProxy && own.Count >= _perAddress;
        bool isFull = isFullOfOwn || _count >= options.MaxConnections;
        ended = !isFull ? null : (isFullOfOwn ? own.Waiting : _waiting).First?.Value;
        if (ended is not null)
        {
            Remove(ended);
        }

        if (isFull && ended is null)
        {
            connection.IsTurnedAway = _turnedAway < MaxTurnedAway;
            _turnedAway += connection.IsTurnedAway ? 1 : 0;
            return connection.IsTurnedAway;
        }

        _count++;
        // The ended connection may have been the last one of its address. The address is then forgotten.
        _byAddress[address] = own;
        own.Count++;
        Wait(connection, own);
        return true;
    }

    private void Wait(ClientConnection connection, OfAddress own)
    {
        connection.WaitingPlace = _waiting.AddLast(connection);
        connection.WaitingPlaceOfAddress = own.Waiting.AddLast(connection);
    }

    private void StopWaiting(ClientConnection connection, OfAddress own)
    {
        if (connection.WaitingPlace is { } place && connection.WaitingPlaceOfAddress is { } ownPlace)
        {
            _waiting.Remove(place);
            own.Waiting.Remove(ownPlace);
            (connection.WaitingPlace, connection.WaitingPlaceOfAddress) = (null, null);
        }
    }

    private void Remove(ClientConnection connection)
    {
        if (connection.IsTurnedAway)
        {
            connection.IsGone = true;
            _turnedAway--;
            return;
        }

        OfAddress own = _byAddress[connection.Address];
        StopWaiting(connection, own);
        connection.IsGone = true;
        _count--;
        if (--own.Count == 0)
        {
            _byAddress.Remove(connection.Address);
        }
    }

    private sealed class OfAddress
    {
        public int Count { get; set; }

        public LinkedList<ClientConnection> Waiting { get; } = new();
    }
}
