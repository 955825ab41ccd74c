namespace Waystation.FetchCore.Observing;

/// <summary>How a fetch was served: the same word in <c>Cache-Status</c>, metric, log line and test.</summary>
public enum FetchOutcome
{
    /// <summary>The pack cache had the pack.</summary>
    Hit,

    /// <summary>The pack was being made for another client, and was followed.</summary>
    Join,

    /// <summary>git made the pack on the node, from the mirror.</summary>
    Local,

    /// <summary>Another node of the farm had the pack or made it.</summary>
    Peer,

    /// <summary>The primary made the pack, and it went into the cache on its way.</summary>
    Forward,

    /// <summary>The request was forwarded unchanged and nothing was kept; a <see cref="ForwardReason"/> says why.</summary>
    Bypass,
}
