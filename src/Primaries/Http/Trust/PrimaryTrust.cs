using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Waystation.Primaries.Certificates;

namespace Waystation.Primaries.Http.Trust;

/// <summary>
/// Judges the certificates of the servers to which the node connects for one primary. The system's judgement comes first; what it does not
/// trust may come from an authority of the operator's own file. Nothing makes the node accept any certificate. A refusal says what is
/// wrong.
/// </summary>
public sealed class PrimaryTrust
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private readonly CaFile? _authorities;
    private readonly HashSet<string> _pins;
    private readonly FollowedCertificate? _own;

    /// <param name="options">The operator's settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    /// <exception cref="CertificateException">The node's own certificate cannot be used.</exception>
    public PrimaryTrust(PrimaryTlsOptions options, TimeProvider time, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        _authorities = options.CaFile is { } file ? new CaFile(file) : null;
        _pins = new HashSet<string>(options.Pin, StringComparer.Ordinal);
        _own = options.OwnCertificate is { } files ? new FollowedCertificate(files, time, logger) : null;
    }

    /// <summary>The node's own certificate as its files are now; null if it has none.</summary>
    internal LoadedCertificate? Own => Followed?.Current;

    /// <summary>The files of the node's own certificate; null if it has none.</summary>
    internal FollowedCertificate? Followed
    {
        get
        {
            _own?.LookIfDue();
            return _own;
        }
    }

    /// <summary>For connections to the primary itself: with the pins, and with the node's own certificate.</summary>
    internal SslClientAuthenticationOptions ForPrimary() =>
        new()
        {
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) => Judge(certificate, chain, errors, _pins),
            ClientCertificateContext = Own?.Context,
        };

    /// <summary>For connections to other servers on the primary's behalf: proxies, and storages of LFS objects.</summary>
    internal SslClientAuthenticationOptions ForOthers() =>
        new() { RemoteCertificateValidationCallback = (_, certificate, chain, errors) => Judge(certificate, chain, errors, []) };

    private bool Judge(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors, HashSet<string> pins)
    {
        if (certificate is not X509Certificate2 shown || chain is null)
        {
            throw new AuthenticationException("it shows no certificate");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            throw new AuthenticationException($"its certificate is for another name: {NamesOf(shown)}");
        }

        if (errors == SslPolicyErrors.None)
        {
            CheckPins(chain, pins);
            return true;
        }

        if (_authorities is null)
        {
            throw new AuthenticationException(WordsOf(chain, shown));
        }

        using X509Chain own = NewChain(chain, _authorities.Certificates);
        if (!own.Build(shown))
        {
            throw new AuthenticationException(WordsOf(own, shown));
        }

        CheckPins(own, pins);
        return true;
    }

    /// <summary>A chain that ends at an authority of the operator's file.</summary>
    private static X509Chain NewChain(X509Chain sent, X509Certificate2Collection authorities)
    {
        var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            },
        };
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        foreach (X509ChainElement element in sent.ChainElements)
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain;
    }

    private static void CheckPins(X509Chain chain, HashSet<string> pins)
    {
        if (pins.Count > 0 && !chain.ChainElements.Any(element => pins.Contains(PinOf(element.Certificate))))
        {
            throw new AuthenticationException(
                "no key of its certificate chain is one of Tls:Pin; the key of its certificate is "
                    + PinOf(chain.ChainElements[0].Certificate)
            );
        }
    }

    private static string PinOf(X509Certificate2 certificate) =>
        PinAttribute.Prefix + Convert.ToBase64String(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    private static string NamesOf(X509Certificate2 certificate)
    {
        string[] names =
        [
            .. certificate
                .Extensions.OfType<X509SubjectAlternativeNameExtension>()
                .SelectMany(static all => all.EnumerateDnsNames().Concat(all.EnumerateIPAddresses().Select(static ip => ip.ToString()))),
        ];
        return names.Length > 0 ? string.Join(", ", names) : certificate.Subject;
    }

    private static string WordsOf(X509Chain chain, X509Certificate2 shown)
    {
        IEnumerable<string> words = chain
            .ChainElements.SelectMany(static element => element.ChainElementStatus.Select(status => (element.Certificate, status)))
            .Select(static one => WordsOf(one.Certificate, one.status))
            .Concat(chain.ChainStatus.Where(static status => IsUnknown(status.Status)).Select(_ => UnknownAuthority(chain, shown)))
            .OfType<string>()
            .Distinct(StringComparer.Ordinal);
        string all = string.Join("; ", words);
        return all.Length > 0 ? all : "its certificate is not valid";
    }

    private static string? WordsOf(X509Certificate2 certificate, X509ChainStatus status)
    {
        DateTime now = DateTime.Now;
        return status.Status switch
        {
            X509ChainStatusFlags.NotTimeValid when certificate.NotAfter < now => string.Create(
                CultureInfo.InvariantCulture,
                $"the certificate of {certificate.Subject} expired at {certificate.NotAfter.ToUniversalTime():u}"
            ),
            X509ChainStatusFlags.NotTimeValid => string.Create(
                CultureInfo.InvariantCulture,
                $"the certificate of {certificate.Subject} is valid only from {certificate.NotBefore.ToUniversalTime():u}"
            ),
            { } unknown when IsUnknown(unknown) => null,
            _ => $"the certificate of {certificate.Subject}: {status.StatusInformation.Trim()}",
        };
    }

    private static string UnknownAuthority(X509Chain chain, X509Certificate2 shown) =>
        "the node knows no authority that issued its certificate "
        + $"(issuer: {(chain.ChainElements.Count > 0 ? chain.ChainElements[^1].Certificate : shown).Issuer}); "
        + "Tls:CaFile of the primary can name one";

    private static bool IsUnknown(X509ChainStatusFlags status) =>
        status is X509ChainStatusFlags.UntrustedRoot or X509ChainStatusFlags.PartialChain;
}
