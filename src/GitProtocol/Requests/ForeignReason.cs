namespace Waystation.GitProtocol.Requests;

/// <summary>Why a request, good protocol as far as we can tell, is not ours to answer: it is forwarded as it came.</summary>
public enum ForeignReason
{
    /// <summary>A command other than fetch and ls-refs.</summary>
    UnknownCommand,

    /// <summary>A capability that may change the meaning of the request.</summary>
    UnknownCapability,

    /// <summary>A <c>server-option</c>, which only the primary understands.</summary>
    ServerOption,

    /// <summary>An argument that we do not know.</summary>
    UnknownArgument,

    /// <summary>A filter that is not a <see cref="Objects.FilterSpec"/>.</summary>
    UnknownFilter,

    /// <summary>A ref wanted by name: the primary says what it is.</summary>
    WantRef,

    /// <summary>A boundary by ref name.</summary>
    DeepenNot,

    /// <summary>Parts of the pack may be fetched from elsewhere.</summary>
    PackfileUris,

    /// <summary>A fetch that wants nothing: a negotiation for its own sake, or nothing at all.</summary>
    NoWants,

    /// <summary>A v0 or v1 body that goes on after its round: a stateless server answers the first round and reads no further.</summary>
    SecondRound,

    /// <summary>
    /// More prefixes than <see cref="Advertisements.LsRefsRequest.MaxPrefixes"/>, or longer ones in all: how many of them count is the
    /// primary's to know.
    /// </summary>
    TooManyPrefixes,

    /// <summary>A request of nothing but a flush-pkt.</summary>
    EmptyRequest,

    /// <summary>
    /// A byte that ends or separates for one reader and not for another, such as NUL, a tab or a line feed within a line: the
    /// primary may read another request than we do.
    /// </summary>
    ByteOutOfPlace,
}
