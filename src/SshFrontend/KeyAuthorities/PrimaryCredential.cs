namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>What the node shows to the primary for a key. It names where secrets lie and never holds one.</summary>
public abstract record PrimaryCredential
{
    private PrimaryCredential() { }

    /// <summary>A user of the primary over HTTP.</summary>
    /// <param name="Username">The login name, as in Basic authentication.</param>
    /// <param name="PasswordFile">The file with password or token, an absolute path.</param>
    public sealed record HttpUser(string Username, string PasswordFile) : PrimaryCredential
    {
        /// <summary>More than any password or token has.</summary>
        private const int MaxLength = 16 << 10;

        /// <summary>The password as it is now: files may be rotated, so it is read for each use. Its line's end is not part of
        /// it.</summary>
        /// <exception cref="KeyAuthorityException">The file cannot be read, is empty, or holds more than one line.</exception>
        public async Task<string> ReadPasswordAsync(CancellationToken cancellationToken)
        {
            try
            {
                if (new FileInfo(PasswordFile).Length > MaxLength)
                {
                    throw new KeyAuthorityException($"the password file {PasswordFile} is too long for one");
                }

                string password = (await File.ReadAllTextAsync(PasswordFile, cancellationToken)).TrimEnd('\r', '\n');
                return password.Length > 0 && !password.Any(char.IsControl)
                    ? password
                    : throw new KeyAuthorityException($"the password file {PasswordFile} holds no password on one line");
            }
            catch (Exception e) when (e is (IOException and not KeyAuthorityException) or UnauthorizedAccessException)
            {
                throw new KeyAuthorityException($"the password file {PasswordFile} cannot be read", e);
            }
        }
    }

    /// <summary>A private key of the node's, for the primary's SSH.</summary>
    /// <param name="Path">The key file, an absolute path.</param>
    public sealed record SshKey(string Path) : PrimaryCredential;
}
