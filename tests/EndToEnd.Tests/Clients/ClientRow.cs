namespace Waystation.EndToEnd.Tests.Clients;

/// <summary>One client.</summary>
/// <param name="Name">As test names show it.</param>
/// <param name="Create">The client, given a home folder of its own.</param>
/// <param name="Speaks">The protocol version that it asks in.</param>
/// <param name="Shallow">How far it knows shallow clones.</param>
internal sealed record ClientRow(string Name, Func<string, Task<IClient>> Create, int Speaks, Shallowness Shallow);
