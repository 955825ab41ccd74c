using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Waystation.CacheStore.Options;

namespace Waystation.Proxy.Options;

/// <summary>The section <c>Tls</c>: PEM files for the https addresses. Both are set, or neither.</summary>
internal sealed class TlsOptions : IValidatableObject
{
    private const string Page = "operations.md#listening-and-tls";

    [Setting("A PEM file with the certificate for the https:// addresses in Listen, and its chain.", Page = Page)]
    [ExistingFile]
    public string? Certificate { get; init; }

    [Setting("The PEM file of the certificate's key.", Page = Page)]
    [ExistingFile]
    public string? Key { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Certificate is not null && Key is null)
        {
            yield return new("the PEM file of the key, because Tls:Certificate is set", [nameof(Key)]);
        }

        if (Certificate is not null && Key is not null && Trouble(Certificate, Key) is { } trouble)
        {
            yield return new($"a PEM certificate that belongs to the PEM key in Tls:Key ({trouble})", [nameof(Certificate)]);
        }
    }

    private static string? Trouble(string certificate, string key)
    {
        try
        {
            using var loaded = X509Certificate2.CreateFromPemFile(certificate, key);
            return null;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return e.Message;
        }
    }
}
