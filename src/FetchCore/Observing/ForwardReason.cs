namespace Waystation.FetchCore.Observing;

/// <summary>Why a request was forwarded unchanged, and its response not kept.</summary>
public enum ForwardReason
{
    /// <summary>Not a fetch: refs, pushes, pages and everything else.</summary>
    NotAFetch,

    /// <summary>
    /// The request is understood, but its response must not be kept (want-ref, deepen-not by name, packfile-uris, server-option; v0 and v1
    /// of a shallow primary).
    /// </summary>
    NotCacheable,

    /// <summary>A capability, command, argument or filter that this program does not know.</summary>
    Unknown,

    /// <summary>The bytes are no request; the primary answers them.</summary>
    Malformed,

    /// <summary>The request is longer than the memory allows, or asks for refs by more prefixes than are recorded.</summary>
    TooLarge,

    /// <summary>The request's body has a coding that the node does not read.</summary>
    Coded,

    /// <summary>The login belongs to the connection (NTLM, Negotiate), and so do its responses.</summary>
    ConnectionLogin,

    /// <summary>The project is not selected for caching.</summary>
    NotSelected,

    /// <summary>The primary did not accept this credential for this repository; the client gets the primary's refusal.</summary>
    NotAccepted,

    /// <summary>The wanted object was not shown to this credential; the primary decides.</summary>
    NotVisible,

    /// <summary>include-tag, but the node does not know all tags that this credential sees.</summary>
    TagsUnknown,

    /// <summary>A node of the farm asked for what this node has, and this node does not have it.</summary>
    NotHeld,

    /// <summary>The response has no pack: it is a round of negotiation, or an error.</summary>
    NoPack,

    /// <summary>Several fills of the pack failed, one of them the request's own.</summary>
    Contended,
}
