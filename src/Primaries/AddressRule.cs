namespace Waystation.Primaries;

/// <summary>For which requests the primary may decide by the client's address, which the node reports in <c>X-Forwarded-For</c>.</summary>
public enum AddressRule
{
    /// <summary>For requests without a credential: the primary shows some repositories only to the office network. The default.</summary>
    Anonymous,

    /// <summary>For all requests: the primary accepts a password or token only from some addresses.</summary>
    All,

    /// <summary>For no request: the primary answers every address alike.</summary>
    None,
}
