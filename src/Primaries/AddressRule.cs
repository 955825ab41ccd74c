namespace Waystation.Primaries;

/// <summary>For which requests the primary may decide by the client's address, which the node reports in <c>X-Forwarded-For</c>.</summary>
public enum AddressRule
{
    /// <summary>For those without a credential: a primary that shows some repositories to the office network alone. The default.</summary>
    Anonymous,

    /// <summary>For all: a primary that takes a password or token from some addresses alone.</summary>
    All,

    /// <summary>For none: whatever the address, the primary answers alike.</summary>
    None,
}
