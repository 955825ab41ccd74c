namespace Waystation.GitProtocol.Responses;

/// <summary>The beginning of a response to a fetch.</summary>
public enum ResponseStart
{
    /// <summary>More bytes are needed to tell.</summary>
    NeedMore,

    /// <summary>The pack comes next.</summary>
    Pack,

    /// <summary>
    /// A good response without a pack, or with sections that the node does not keep, or an ERR packet: relay it, keep nothing. For a round
    /// of negotiation there is a prologue as well, so that a client of another version can get it.
    /// </summary>
    NoPack,
}
