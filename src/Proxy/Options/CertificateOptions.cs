using System.ComponentModel.DataAnnotations;
using Waystation.CacheStore.Options;
using Waystation.Primaries.Certificates;

namespace Waystation.Proxy.Options;

/// <summary>The section <c>Tls:Certificates:0</c> and so on: a further certificate for the https addresses.</summary>
internal sealed class CertificateOptions : IValidatableObject
{
    private const string Page = "operations.md#listening-and-tls";

    [Setting("A further PEM or PFX file, for clients that ask for a name in its certificate.", Page = Page)]
    [ExistingFile]
    public string? File { get; init; }

    [Setting("The PEM file of its key; not needed if the key is in File.", Page = Page)]
    [ExistingFile]
    public string? Key { get; init; }

    [Setting("A file with the password of its key or PFX file.", Page = Page)]
    [ExistingFile]
    public string? PasswordFile { get; init; }

    /// <summary>Null if no file is given.</summary>
    public CertificateFiles? Files => File is null ? null : new CertificateFiles(File, Key, PasswordFile);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Files is { } files && files.Trouble() is { } trouble)
        {
            yield return new($"a PEM or PFX file of a certificate with its key ({trouble})", [nameof(File)]);
        }

        if (Files is null && (Key ?? PasswordFile) is not null)
        {
            yield return new("the PEM or PFX file of the certificate", [nameof(File)]);
        }
    }
}
