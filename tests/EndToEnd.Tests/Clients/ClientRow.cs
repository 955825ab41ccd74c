namespace Waystation.EndToEnd.Tests.Clients;

/// <summary>Who makes the pack when the same thing is asked for once more.</summary>
internal enum Served
{
    /// <summary>The primary, as often as it is asked.</summary>
    ByPrimary,

    /// <summary>The node, from what it keeps.</summary>
    FromCache,
}

/// <summary>What is expected of one client: how its repeated clones, fetches and shallow clones are served.</summary>
/// <param name="Name">As test names show it.</param>
/// <param name="Create">The client, given a home folder of its own.</param>
/// <param name="Speaks">The protocol version that it asks in.</param>
/// <param name="ShallowClones">Null where the client knows no shallow clones.</param>
internal sealed record ClientRow(
    string Name, Func<string, Task<IClient>> Create, int Speaks, Served Clones, Served Fetches, Served? ShallowClones);
