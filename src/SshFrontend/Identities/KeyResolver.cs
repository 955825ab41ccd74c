using Microsoft.Extensions.Logging;
using Waystation.Primaries.Ssh.Keys;
using Waystation.SshFrontend.Channels;
using Waystation.SshFrontend.KeyAuthorities;
using Waystation.SshFrontend.Sessions;
using Waystation.SshFrontend.Sshd;

namespace Waystation.SshFrontend.Identities;

/// <summary>
/// Says which keys may log in, and which credential belongs to each. A key that the authority knows stands for a credential. With agents
/// any other key is a transport and gives no permission; without agents it is refused, so that the client offers its next key.
/// </summary>
internal sealed class KeyResolver(SshSessionOptions options, CachedKeyAuthority? authority, ILogger logger)
{
    /// <summary>The line of authorized_keys for a key; empty if it may not log in.</summary>
    public async Task<string> FindLineAsync(string offered, CancellationToken cancellationToken)
    {
        if (!SshPublicKey.TryParse(offered, out SshPublicKey? key))
        {
            return "";
        }

        bool isWelcome = options.TakesAgents || authority is null || await IsKnownAsync(key, cancellationToken);
        return !isWelcome ? ""
            : !key.IsCertificate ? RelayCommand.LineFor(options.Sshd, key.ToString(), key.ToString())
            : SshCertificate.TryRead(key, out SshCertificate? certificate)
                ? RelayCommand.LineFor(options.Sshd, certificate.Authority.ToString(), key.ToString(), "cert-authority,")
            : "";
    }

    /// <summary>The credential of a key at the primary; null if the authority does not know the key, or there is no authority.</summary>
    /// <exception cref="KeyAuthorityException">The authority gave no usable answer.</exception>
    public async Task<PrimaryCredential?> FindCredentialAsync(SshPublicKey key, CancellationToken cancellationToken) =>
        authority is not null && await QuestionOfAsync(key, cancellationToken) is { } question
            ? await authority.FindAsync(question, cancellationToken)
            : null;

    /// <summary>Call it when a session in the name of a key failed: the authority is then asked again.</summary>
    public void Forget(SshPublicKey key) =>
        authority?.Forget(
            SshCertificate.TryRead(key, out SshCertificate? certificate) ? certificate.Authority.Fingerprint : key.Fingerprint
        );

    private async Task<bool> IsKnownAsync(SshPublicKey key, CancellationToken cancellationToken)
    {
        try
        {
            return await FindCredentialAsync(key, cancellationToken) is not null;
        }
        catch (KeyAuthorityException e)
        {
            logger.AuthorityFailed(key.Fingerprint, e.Message);
            return false;
        }
    }

    private async Task<KeyQuestion?> QuestionOfAsync(SshPublicKey key, CancellationToken cancellationToken) =>
        !key.IsCertificate ? KeyQuestion.Of(key)
        : SshCertificate.TryRead(key, out SshCertificate? certificate) && await IsTrustedAsync(certificate.Authority, cancellationToken)
            ? KeyQuestion.OfCertificate(certificate.Authority, certificate.KeyId)
        : null;

    /// <summary>The file is read for each certificate, so that a CA that is removed from it is no longer trusted.</summary>
    private async Task<bool> IsTrustedAsync(SshPublicKey authorityKey, CancellationToken cancellationToken)
    {
        if (options.TrustedUserCAKeys is null)
        {
            return false;
        }

        try
        {
            return (await File.ReadAllLinesAsync(options.TrustedUserCAKeys, cancellationToken)).Any(line =>
                SshPublicKey.TryParse(line, out SshPublicKey? trusted) && trusted.Equals(authorityKey)
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.AuthorityFailed(authorityKey.Fingerprint, e.Message);
            return false;
        }
    }
}
