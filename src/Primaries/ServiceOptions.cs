using System.ComponentModel.DataAnnotations;
using Waystation.CacheStore.Options;

namespace Waystation.Primaries;

/// <summary>The section <c>Primaries:0:Service</c>: the node's own credential at the primary, a password, a token or an SSH key.</summary>
public sealed class ServiceOptions : IValidatableObject
{
    private const string Page = "operations.md#kept-warm";

    [Setting("The user of the node's own password at the primary. Without it the password is a bearer token.", Page = Page)]
    public string? Username { get; init; }

    /// <summary>The file is read at each use, so the secret may be replaced while the node runs.</summary>
    [Setting("A file with the node's own password or token at the primary. Background work needs it, or SshKeyFile.", Page = Page)]
    [ExistingFile]
    public string? PasswordFile { get; init; }

    [Setting("A file with the node's own private key at the primary's SSH. It is used where there is no password.", Page = Page)]
    [ExistingFile]
    public string? SshKeyFile { get; init; }

    public bool IsSet => PasswordFile is not null || SshKeyFile is not null;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Username is not null && PasswordFile is null)
        {
            yield return new("a file with the password or token, because Service:Username is set", [nameof(PasswordFile)]);
        }
    }
}
