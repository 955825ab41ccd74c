namespace Waystation.EndToEnd.Tests.Clients;

/// <summary>How far a client knows shallow clones.</summary>
internal enum Shallowness
{
    None,
    Clones,
    ClonesAndDeepens,
}
