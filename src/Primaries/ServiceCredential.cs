namespace Waystation.Primaries;

/// <summary>A credential of the node's own at the primary.</summary>
/// <param name="Username">With it the secret is a password or token of HTTP Basic; without it a bearer token.</param>
/// <param name="PasswordFile">File of the secret, read anew for each use: it may be exchanged while the node runs. Null where there is only
/// a key.</param>
/// <param name="SshKeyFile">A private key for the primary's SSH, used where there is no password.</param>
public sealed record ServiceCredential(string? Username, string? PasswordFile, string? SshKeyFile);
