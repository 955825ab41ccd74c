namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>
/// Says which credential at the primary a key stands for. It decides nothing about repositories; the primary does.
/// </summary>
public interface IKeyAuthority
{
    /// <summary>The credential of a key; null when the authority does not know the key.</summary>
    /// <exception cref="KeyAuthorityException">There was no answer, or none that can be understood: the key is refused.</exception>
    Task<PrimaryCredential?> FindAsync(KeyQuestion question, CancellationToken cancellationToken);
}
