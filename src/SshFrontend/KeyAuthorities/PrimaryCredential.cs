namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>The credential that the node shows to the primary for a key. It names files with secrets and never has a secret.</summary>
public abstract record PrimaryCredential
{
    private PrimaryCredential() { }

    /// <summary>A user of the primary over HTTP.</summary>
    /// <param name="Username">The login name, as in Basic authentication.</param>
    /// <param name="PasswordFile">The file with password or token, an absolute path.</param>
    public sealed record HttpUser(string Username, string PasswordFile) : PrimaryCredential
    {
        /// <summary>The longest file: longer than any password or token.</summary>
        private const int MaxLength = 16 << 10;

        /// <summary>Reads the password. The file is read at each use, because it may be replaced at any time. The line end is not part of
        /// the
        /// password.</summary>
        /// <exception cref="KeyAuthorityException">The file cannot be read, is empty, or has more than one line.</exception>
        public async Task<string> ReadPasswordAsync(CancellationToken cancellationToken)
        {
            try
            {
                if (new FileInfo(PasswordFile).Length > MaxLength)
                {
                    throw new KeyAuthorityException($"the password file {PasswordFile} is too long for a password");
                }

                string password = (await File.ReadAllTextAsync(PasswordFile, cancellationToken)).TrimEnd('\r', '\n');
                return password.Length > 0 && !password.Any(char.IsControl)
                    ? password
                    : throw new KeyAuthorityException($"the password file {PasswordFile} does not have its password on one line");
            }
            catch (Exception e) when (e is (IOException and not KeyAuthorityException) or UnauthorizedAccessException)
            {
                throw new KeyAuthorityException($"the password file {PasswordFile} cannot be read", e);
            }
        }
    }

    /// <summary>A private key of the node, for the primary's SSH.</summary>
    /// <param name="Path">The absolute path of the key file.</param>
    public sealed record SshKey(string Path) : PrimaryCredential;
}
