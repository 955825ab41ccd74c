using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Waystation.Farm.Redis;

/// <summary>
/// The authority of the certificate of Redis, if it is not one of the system's. The client's own check of an issuer does not follow a chain
/// with an intermediate authority.
/// </summary>
internal sealed class RedisAuthority(string caFile)
{
    /// <summary>Whether the certificate is of this authority and has the name of the server.</summary>
    public bool Trusts(X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors)
    {
        if (errors is not (SslPolicyErrors.None or SslPolicyErrors.RemoteCertificateChainErrors) || certificate is null)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(caFile);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (presented is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
            foreach (X509ChainElement element in presented.ChainElements)
            {
                chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            }
        }

        using var server = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return chain.Build(server);
    }
}
