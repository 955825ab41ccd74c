using System.ComponentModel.DataAnnotations;
using Waystation.CacheStore.Options;
using Waystation.Primaries.Certificates;

namespace Waystation.Primaries.Http.Trust;

/// <summary>The section <c>Primaries:0:Tls</c>: by what the node knows the primary, and the primary the node.</summary>
public sealed class PrimaryTlsOptions : IValidatableObject
{
    private const string Page = "operations.md#tls-to-the-primary";

    [Setting("A PEM file of authorities that are trusted for the primary's certificate, beside those of the system.", Page = Page)]
    [ExistingFile]
    public string? CaFile { get; init; }

    [Setting(
        "Public keys of which one must be in the primary's certificate chain, each as the SHA-256 of its SubjectPublicKeyInfo in base64. "
            + "The certificate must be trusted as well.",
        Page = Page
    )]
    [Pin]
    public IReadOnlyList<string> Pin { get; init; } = [];

    [Setting("The node's own certificate for the primary: a PEM file with its chain, or a PFX file.", Page = Page)]
    [ExistingFile]
    public string? Certificate { get; init; }

    [Setting("The PEM file of its key; not needed if the key is in Certificate.", Page = Page)]
    [ExistingFile]
    public string? Key { get; init; }

    [Setting("A file with the password of the key or of the PFX file.", Page = Page)]
    [ExistingFile]
    public string? PasswordFile { get; init; }

    /// <summary>The node's own certificate; null if it has none.</summary>
    public CertificateFiles? OwnCertificate => Certificate is null ? null : new CertificateFiles(Certificate, Key, PasswordFile);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (CaFile is not null && new CaFile(CaFile).Trouble() is { } wrong)
        {
            yield return new($"a PEM file with the certificates of authorities ({wrong})", [nameof(CaFile)]);
        }

        if (OwnCertificate is { } files && files.Trouble() is { } trouble)
        {
            yield return new($"a PEM or PFX file of a certificate with its key ({trouble})", [nameof(Certificate)]);
        }

        if (Certificate is null && (Key ?? PasswordFile) is not null)
        {
            yield return new("the PEM or PFX file of the certificate", [nameof(Certificate)]);
        }
    }
}
