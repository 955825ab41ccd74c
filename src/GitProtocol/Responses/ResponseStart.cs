namespace Waystation.GitProtocol.Responses;

/// <summary>How an answer to a fetch begins.</summary>
public enum ResponseStart
{
    /// <summary>More bytes are needed to tell.</summary>
    NeedMore,

    /// <summary>The pack comes next.</summary>
    Pack,

    /// <summary>
    /// A good answer without a pack, or with sections that we do not keep, or an ERR packet: relay it, keep nothing. When it is a
    /// round of negotiation there is a prologue all the same, to tell it to a client of another version.
    /// </summary>
    NoPack,
}
