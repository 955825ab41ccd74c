namespace Waystation.GitProtocol.Requests;

/// <summary>Why the node must not answer a request that seems to be good protocol. The node forwards it unchanged.</summary>
public enum ForeignReason
{
    /// <summary>A command other than fetch and ls-refs.</summary>
    UnknownCommand,

    /// <summary>A capability that may change the meaning of the request.</summary>
    UnknownCapability,

    /// <summary>A <c>server-option</c>, which only the primary understands.</summary>
    ServerOption,

    /// <summary>An unknown argument.</summary>
    UnknownArgument,

    /// <summary>A filter that is not a <see cref="Objects.FilterSpec"/>.</summary>
    UnknownFilter,

    /// <summary>A ref wanted by name: only the primary knows its id.</summary>
    WantRef,

    /// <summary>A boundary by ref name.</summary>
    DeepenNot,

    /// <summary>Parts of the pack may be fetched from another server.</summary>
    PackfileUris,

    /// <summary>A fetch without a want: a pure negotiation, or nothing at all.</summary>
    NoWants,

    /// <summary>A v0 or v1 body with more after its round: a stateless server answers the first round and reads no further.</summary>
    SecondRound,

    /// <summary>
    /// More prefixes than <see cref="Advertisements.LsRefsRequest.MaxPrefixes"/>, or longer ones in all: only the primary knows how
    /// many of them count.
    /// </summary>
    TooManyPrefixes,

    /// <summary>A request with only a flush-pkt.</summary>
    EmptyRequest,

    /// <summary>
    /// A byte that ends or separates for one reader and not for another, such as NUL, a tab or a line feed within a line: the primary may
    /// read another request than the node.
    /// </summary>
    ByteOutOfPlace,
}
