namespace Waystation.FetchCore.Primaries.Errors;

/// <summary>What an ERR packet of the primary's says of the credential that asked.</summary>
public enum ErrorMeaning
{
    /// <summary>It may not read the repository, as far as anybody here can tell.</summary>
    Refusal,

    /// <summary>It may, but what it asked for cannot be had.</summary>
    BadRequest,

    /// <summary>Nothing: the primary cannot answer just now.</summary>
    Busy,
}
