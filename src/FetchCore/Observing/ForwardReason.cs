namespace Waystation.FetchCore.Observing;

/// <summary>Why a request was handed to the primary as it came, and nothing of the answer kept.</summary>
public enum ForwardReason
{
    /// <summary>Not a fetch: refs, pushes, pages and all else.</summary>
    NotAFetch,

    /// <summary>The request is understood, but its answer is not one to keep (want-ref, deepen-not by name, packfile-uris, server-option;
    /// v0 and v1 of a primary that is shallow itself).</summary>
    NotCacheable,

    /// <summary>A capability, command, argument or filter that this program does not know.</summary>
    Unknown,

    /// <summary>The bytes are not a request; what to say of them is the primary's.</summary>
    Malformed,

    /// <summary>The request is longer than what is held in memory, or asks for refs by more prefixes than are recorded.</summary>
    TooLarge,

    /// <summary>The request's body is coded in a way that is not read here.</summary>
    Coded,

    /// <summary>The login belongs to the connection (NTLM, Negotiate), and so do its answers.</summary>
    ConnectionLogin,

    /// <summary>The project is not selected for caching.</summary>
    NotSelected,

    /// <summary>The primary did not accept this credential for this repository; its own refusal is what the client gets.</summary>
    NotAccepted,

    /// <summary>What is wanted was not shown to this credential; the primary decides.</summary>
    NotVisible,

    /// <summary>include-tag, but the tags that this credential sees are not known in full.</summary>
    TagsUnknown,

    /// <summary>The answer holds no pack: it is a round of negotiation, or an error.</summary>
    NoPack,

    /// <summary>Attempts at the answer kept failing, others' and one of its own.</summary>
    Contended,
}
