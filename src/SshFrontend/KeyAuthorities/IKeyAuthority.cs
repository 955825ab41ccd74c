namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>
/// Says which credential a key stands for at the primary. It decides nothing about repositories: that remains the primary's.
/// </summary>
public interface IKeyAuthority
{
    /// <summary>The credential of a key; null when the authority does not know the key.</summary>
    /// <exception cref="KeyAuthorityException">There was no answer, or none that can be understood: the key is refused.</exception>
    Task<PrimaryCredential?> FindAsync(KeyQuestion question, CancellationToken cancellationToken);
}
