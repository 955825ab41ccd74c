using System.ComponentModel.DataAnnotations;
using Waystation.CacheStore.Options;
using Waystation.Primaries.Certificates;
using Waystation.Proxy.Options.Checks;

namespace Waystation.Proxy.Options;

/// <summary>The section <c>Tls</c>: the certificates of the https addresses, and what plain addresses are for.</summary>
internal sealed class TlsOptions : IValidatableObject
{
    private const string Page = "operations.md#listening-and-tls";

    [Setting(
        "The certificate for the https:// addresses in Listen: a PEM file with its chain, or a PFX file. A client that asks for a name of "
            + "no certificate gets this one.",
        Page = Page
    )]
    [ExistingFile]
    public string? Certificate { get; init; }

    [Setting("The PEM file of the certificate's key; not needed if the key is in Certificate.", Page = Page)]
    [ExistingFile]
    public string? Key { get; init; }

    [Setting("A file with the password of the key or of the PFX file.", Page = Page)]
    [ExistingFile]
    public string? PasswordFile { get; init; }

    public IReadOnlyList<CertificateOptions> Certificates { get; init; } = [];

    [Setting(
        "Whether http:// addresses in Listen may be others than loopback. Passwords then cross the network in plain text.",
        Page = Page
    )]
    public bool AllowPlain { get; init; }

    [Setting("Plain addresses at which every request is sent to the https address of the same name.", Page = Page)]
    [PlainHttp]
    public IReadOnlyList<ListenAddress> RedirectFrom { get; init; } = [];

    [Setting(
        "The port of the https:// URL to which RedirectFrom sends, where clients reach the node at another port than Listen names.",
        Default = "that of the first https:// address",
        Page = Page
    )]
    [Range(0, ushort.MaxValue)]
    public int RedirectPort { get; init; }

    /// <summary>All certificates; the first is for clients that name no host, or an unknown one.</summary>
    public IReadOnlyList<CertificateFiles> AllFiles =>
        [
            .. new[] { Certificate is null ? null : new CertificateFiles(Certificate, Key, PasswordFile) }
                .Concat(Certificates.Select(static one => one.Files))
                .OfType<CertificateFiles>(),
        ];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Certificate is null)
        {
            if ((Key ?? PasswordFile) is not null)
            {
                yield return new("the PEM or PFX file of the certificate", [nameof(Certificate)]);
            }
        }
        else if (new CertificateFiles(Certificate, Key, PasswordFile).Trouble() is { } trouble)
        {
            yield return new($"a PEM or PFX file of a certificate with its key, here or in Tls:Key ({trouble})", [nameof(Certificate)]);
        }
    }
}
