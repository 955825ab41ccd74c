using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Waystation.Primaries.Certificates;
using Waystation.Proxy.Doctor.Reporting;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>A certificate of the node can be used, is valid, and is for the names that clients use.</summary>
/// <param name="files">Its files.</param>
/// <param name="setting">The name of its setting.</param>
/// <param name="names">The primaries' names that clients use; empty if the certificate is not for clients.</param>
internal sealed class OwnCertificateCheck(CertificateFiles files, string setting, IReadOnlyList<string> names)
    : Check("certificate", files.Certificate)
{
    /// <summary>
    /// The place where an authority says where its own certificate is (RFC 5280, section 4.2.2.1). Private authorities have none.
    /// </summary>
    private const string AuthorityInformation = "1.3.6.1.5.5.7.1.1";

    private static readonly TimeSpan s_soon = TimeSpan.FromDays(30);

    public override Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        try
        {
            using LoadedCertificate loaded = files.Read().Load();
            if (!Judge(loaded, findings))
            {
                findings.Ok(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"for {string.Join(", ", loaded.Names)}, until {loaded.NotAfter.ToUniversalTime():u}, key and certificate fit"
                    )
                );
            }
        }
        catch (CertificateException e)
        {
            findings.Fail($"{setting}: {e.Message}", "write certificate and key that belong together, as files that the node may read");
        }

        return Task.CompletedTask;
    }

    /// <summary>Whether something is wrong.</summary>
    private bool Judge(LoadedCertificate loaded, FindingList findings)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        bool isWrong = true;
        if (loaded.NotAfter < now)
        {
            findings.Fail(
                string.Create(CultureInfo.InvariantCulture, $"expired at {loaded.NotAfter.ToUniversalTime():u}"),
                "renew it; the node takes the new files within seconds"
            );
        }
        else if (loaded.NotBefore > now)
        {
            findings.Fail(
                string.Create(CultureInfo.InvariantCulture, $"is valid only from {loaded.NotBefore.ToUniversalTime():u}"),
                "check the clock of this machine, or use a certificate that is valid now"
            );
        }
        else if (loaded.NotAfter - now < s_soon && names.Count > 0 && loaded.NotAfter - loaded.NotBefore > 2 * s_soon)
        {
            findings.Warn(
                string.Create(CultureInfo.InvariantCulture, $"expires at {loaded.NotAfter.ToUniversalTime():u}"),
                "renew it; the node takes the new files within seconds"
            );
        }
        else
        {
            isWrong = false;
        }

        foreach (string name in names.Where(name => !loaded.Context.TargetCertificate.MatchesHostname(name)))
        {
            isWrong = true;
            findings.Fail(
                $"is not for {name}, but for {string.Join(", ", loaded.Names)}",
                $"clients use {name}: give a certificate with that name"
            );
        }

        if (IsIntermediateMissing(loaded))
        {
            isWrong = true;
            findings.Fail(
                $"the file has no certificate of its issuer, {loaded.Context.TargetCertificate.Issuer}",
                "put the intermediate certificate behind the node's own in the PEM file (fullchain.pem); most clients do not fetch it"
            );
        }

        return isWrong;
    }

    /// <summary>
    /// Only an authority that is not a root says where its own certificate is. With a root of the operator's own, nothing is missing.
    /// </summary>
    private static bool IsIntermediateMissing(LoadedCertificate loaded)
    {
        X509Certificate2 own = loaded.Context.TargetCertificate;
        if (loaded.Context.IntermediateCertificates.Count > 0 || own.Extensions[AuthorityInformation] is null)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return !chain.Build(own) && chain.ChainStatus.Any(static status => status.Status == X509ChainStatusFlags.PartialChain);
    }
}
