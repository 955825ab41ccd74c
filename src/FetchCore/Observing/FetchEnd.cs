namespace Waystation.FetchCore.Observing;

/// <summary>How a fetch ended for its client.</summary>
public enum FetchEnd
{
    /// <summary>The client has the whole response.</summary>
    Whole,

    /// <summary>The client has a round of negotiation, which brings no pack, and asks again.</summary>
    Round,

    /// <summary>The client got an error message: the last message of the source, or that its request cannot be read.</summary>
    ErrorTold,

    /// <summary>The response broke off, and the client sees that it did.</summary>
    Broken,

    /// <summary>The client left before the end, or the node stopped.</summary>
    ClientGone,

    /// <summary>The node has too much to do, and told the client to come again.</summary>
    Busy,

    /// <summary>The primary refused or failed, and the client has the primary's own words.</summary>
    Refused,

    /// <summary>The primary could not be reached, or must not be asked now. The client got a message.</summary>
    Unreachable,
}
