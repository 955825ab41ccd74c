namespace Waystation.FetchCore.Primaries.Errors;

/// <summary>The meaning of an ERR packet of the primary for the credential that asked.</summary>
public enum ErrorMeaning
{
    /// <summary>The credential may not read the repository, as far as the node can tell.</summary>
    Refusal,

    /// <summary>The credential may read, but the wanted object cannot be had.</summary>
    BadRequest,

    /// <summary>No meaning: the primary cannot answer now.</summary>
    Busy,
}
