namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>
/// Finds the credential at the primary for a key. It decides nothing about repositories; the primary does.
/// </summary>
public interface IKeyAuthority
{
    /// <summary>The credential of a key; null when the authority does not know the key.</summary>
    /// <exception cref="KeyAuthorityException">There was no answer, or it cannot be understood: the key is refused.</exception>
    Task<PrimaryCredential?> FindAsync(KeyQuestion question, CancellationToken cancellationToken);
}
